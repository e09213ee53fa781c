/// A model that can be asked for pictures.
struct Model: Sendable {
    /// What clients send.
    let id: String
    /// What it is, in a few words.
    let summary: String
    let provider: any PictureProvider

    var price: ReplicatePrices.Price? { provider.price(of: id) }
}

/// The models this installation can use.
struct ModelCatalogue: Sendable {
    enum Lookup {
        case known(Model)
        case unusable(reason: String)
    }

    /// What the model picker offers; the first is the default.
    let listed: [Model]
    private let replicate: (any PictureProvider)?

    /// - Parameter replicate: `nil` when no token is configured.
    init(canvas: any PictureProvider, replicate: (any PictureProvider)?, replicateModels: [String]) {
        self.replicate = replicate
        var listed = [Model(id: CanvasProvider.modelID, summary: "built-in drawing demo, no AI", provider: canvas)]
        if let replicate {
            listed += replicateModels.map { Model(id: $0, summary: "by Replicate", provider: replicate) }
        }
        self.listed = listed
    }

    var hasReplicate: Bool { replicate != nil }

    /// A model by its id. Replicate's catalogue is open: any id of its forms is passed on, and Replicate has the word.
    func find(_ id: String) -> Lookup {
        if let model = listed.first(where: { $0.id == id }) { return .known(model) }
        guard ReplicateModelID(id) != nil, !id.hasPrefix("atelier/") else {
            return .unusable(
                reason: "Unknown model; this installation offers \(listed.map(\.id).joined(separator: ", "))"
            )
        }
        guard let replicate else {
            return .unusable(
                reason: "Unknown model; \(CanvasProvider.modelID) is built in, and models of Replicate need"
                    + " REPLICATE_API_TOKEN to be set on the server"
            )
        }
        return .known(Model(id: id, summary: "by Replicate", provider: replicate))
    }
}

/// A model's name at Replicate: `owner/name`, `owner/name:version` or a version's 64 hexadecimal digits.
struct ReplicateModelID: Sendable, Hashable {
    let owner: String?
    let name: String?
    let version: String?

    init?(_ id: String) {
        if Self.isVersion(id) {
            (owner, name, version) = (nil, nil, id)
            return
        }
        let parts = id.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let names = parts[0].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard names.count == 2, names.allSatisfy(Self.isName) else { return nil }
        if parts.count == 2, !Self.isVersion(parts[1]) { return nil }
        (owner, name, version) = (names[0], names[1], parts.count == 2 ? parts[1] : nil)
    }

    private static func isVersion(_ text: String) -> Bool {
        text.utf8.count == 64
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (0x61...0x66).contains($0)
            }
    }

    private static func isName(_ text: String) -> Bool {
        (1...100).contains(text.utf8.count) && text != "." && text != ".."
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
            }
    }
}
