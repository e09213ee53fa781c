/// How much of a multipart form is taken; each part's own size is for its reader to limit.
public struct MultipartLimits: Sendable {
    /// All parts together; beyond it 413.
    public var totalBytes: Int
    public var parts = 100
    /// One part's header lines.
    public var headBytes = 8 * 1024

    public init(totalBytes: Int) { self.totalBytes = totalBytes }
}

/// A multipart form that is read part by part, no faster than its reader asks.
public final class Multipart: AsyncSequence, @unchecked Sendable {
    // @unchecked: read by the request's own task, on its loop.

    /// One field or file. Its data comes in chunks and is skipped when the next part is asked for first.
    public struct Part: Sendable, AsyncSequence {
        public let name: String
        /// As the client says; `nil` for a field that is not a file.
        public let filename: String?
        /// As the client says.
        public let contentType: String?
        let form: Multipart
        let number: Int

        /// All of its data. Throws 413 beyond `limit` bytes.
        public func bytes(limit: Int) async throws(RequestError) -> [UInt8] {
            var whole: [UInt8] = []
            while let chunk = try await form.nextData(of: number) {
                guard whole.count + chunk.count <= limit else { throw .tooLarge(limit: limit) }
                whole += chunk
            }
            return whole
        }

        public func makeAsyncIterator() -> Iterator { Iterator(part: self) }

        public struct Iterator: AsyncIteratorProtocol {
            let part: Part
            public mutating func next() async throws -> [UInt8]? { try await part.form.nextData(of: part.number) }
        }
    }

    private let request: Request
    private let limits: MultipartLimits
    private var parser: MultipartParser
    private var taken = 0
    private var number = 0
    private var isInPart = false
    private var isDone = false

    init(_ request: Request, _ parser: MultipartParser, _ limits: MultipartLimits) {
        self.request = request
        self.parser = parser
        self.limits = limits
    }

    public func makeAsyncIterator() -> Iterator { Iterator(form: self) }

    public struct Iterator: AsyncIteratorProtocol {
        let form: Multipart
        public mutating func next() async throws -> Part? { try await form.nextPart() }
    }

    /// `nil` after the last. Throws 400 when the form is malformed, 413 beyond its limits, and as `body` does.
    public func nextPart() async throws(RequestError) -> Part? {
        while isInPart { _ = try await nextData(of: number) }
        guard !isDone else { return nil }
        while true {
            switch try await nextEvent() {
            case .part(let head):
                number += 1
                guard number <= limits.parts else {
                    throw RequestError(.contentTooLarge, "the form has too many parts")
                }
                isInPart = true
                return Part(
                    name: head.name,
                    filename: head.filename,
                    contentType: head.contentType,
                    form: self,
                    number: number
                )
            case .end:
                isDone = true
                return nil
            case .data, .partEnd: continue
            }
        }
    }

    fileprivate func nextData(of part: Int) async throws(RequestError) -> [UInt8]? {
        guard isInPart, part == number else { return nil }
        switch try await nextEvent() {
        case .data(let bytes): return bytes
        case .partEnd, .part, .end:
            isInPart = false
            return nil
        }
    }

    private func nextEvent() async throws(RequestError) -> MultipartParser.Event {
        while true {
            if let event = try parser.next() { return event }
            guard let chunk = try await request.nextBodyChunk() else {
                parser.finish()
                continue
            }
            taken += chunk.count
            guard taken <= limits.totalBytes else { throw .tooLarge(limit: limits.totalBytes) }
            parser.feed(chunk)
        }
    }
}

extension Request {
    /// The body as a multipart form, part by part. Throws 415 when it is not one, 413 when it says it is too large.
    public func multipart(_ limits: MultipartLimits) throws(RequestError) -> Multipart {
        guard let type = headers["content-type"].flatMap(MediaType.init), type.essence == "multipart/form-data",
            let boundary = type.parameters["boundary"],
            let parser = MultipartParser(boundary: boundary, headLimit: limits.headBytes)
        else { throw RequestError(.unsupportedMediaType, "the request body is not a multipart form") }
        guard contentLength ?? 0 <= limits.totalBytes else { throw .tooLarge(limit: limits.totalBytes) }
        return Multipart(self, parser, limits)
    }

    /// Text fields and small files. Asked twice, the body is read once.
    func multipartForm(_ type: MediaType, limit: Int, mostFields: Int) async throws(RequestError) -> Form {
        guard let boundary = type.parameters["boundary"],
            var parser = MultipartParser(boundary: boundary, headLimit: 8 * 1024)
        else { throw RequestError(.badRequest, "the multipart form has no boundary") }
        parser.feed(try await body(limit: limit))
        parser.finish()
        var fields: [(name: String, value: String)] = []
        var files: [Form.File] = []
        var head: PartHead?
        var data: [UInt8] = []
        while let event = try parser.next(), event != .end {
            switch event {
            case .part(let next): (head, data) = (next, [])
            case .data(let bytes): data += bytes
            case .partEnd, .end:
                guard let head else { continue }
                guard fields.count + files.count < mostFields else { throw .tooManyFields(mostFields) }
                if let filename = head.filename {
                    // What browsers send for a file input that was left empty.
                    if filename.isEmpty, data.isEmpty { continue }
                    files.append(
                        Form.File(name: head.name, filename: filename, contentType: head.contentType, bytes: data)
                    )
                } else {
                    fields.append((head.name, try Self.text(of: data, head)))
                }
            }
        }
        return Form(fields: fields, files: files)
    }

    private static func text(of data: [UInt8], _ head: PartHead) throws(RequestError) -> String {
        let type = head.contentType.map(MediaType.init)
        guard type == nil || type??.isUTF8 == true else {
            throw RequestError(.unsupportedMediaType, "a field of the form is not in UTF-8")
        }
        guard !data.contains(0), let text = String(validating: data, as: UTF8.self) else {
            throw RequestError(.badRequest, "a field of the form is not UTF-8")
        }
        return text
    }
}
