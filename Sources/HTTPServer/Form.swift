/// What a visitor typed into a form.
public struct Form: Sendable {
    /// A file that came with a form, whole in memory.
    public struct File: Sendable {
        public let name: String
        /// As the client says; a name, never a path to write to.
        public let filename: String
        /// As the client says: what the bytes are must be found out from them.
        public let contentType: String?
        public let bytes: [UInt8]
    }

    /// In the order of the form.
    public let fields: [(name: String, value: String)]
    public let files: [File]

    /// The first value of the field.
    public subscript(_ name: String) -> String? { fields.first { $0.name == name }?.value }

    /// Every value of the field.
    public func all(_ name: String) -> [String] { fields.compactMap { $0.name == name ? $0.value : nil } }

    /// The first file of the field. A file input left empty has none.
    public func file(_ name: String) -> File? { files.first { $0.name == name } }
}

extension Request {
    /// The body as a form, urlencoded or multipart, files in memory: for large ones there is `multipart`.
    ///
    /// Throws 415 when it is not a form or not in UTF-8 by its own words, 413 beyond `limit` bytes or `mostFields`, 400
    /// when it is malformed, holds a NUL, or text is not UTF-8.
    public func form(limit: Int, mostFields: Int = 1000) async throws(RequestError) -> Form {
        guard let type = headers["content-type"].flatMap(MediaType.init), type.isUTF8 else {
            throw RequestError(.unsupportedMediaType, "the request body is not a form in UTF-8")
        }
        switch type.essence {
        case "application/x-www-form-urlencoded":
            let body = try await body(limit: limit)
            let parameters = Parameters(body[...])
            guard parameters.count <= mostFields else { throw .tooManyFields(mostFields) }
            guard let fields = parameters.validated(limit: mostFields) else {
                throw RequestError(.badRequest, "the form is malformed, or not UTF-8")
            }
            return Form(fields: fields, files: [])
        case "multipart/form-data":
            return try await multipartForm(type, limit: limit, mostFields: mostFields)
        default:
            throw RequestError(.unsupportedMediaType, "the request body is not a form")
        }
    }
}
