/// A request method this server knows (RFC 9110, section 9; PATCH is RFC 5789). CONNECT and TRACE are not among them.
public struct Method: Hashable, Sendable, CustomStringConvertible {
    private enum Name: UInt8, CaseIterable { case get, head, post, put, patch, delete, options }
    private let name: Name

    public static let get = Method(name: .get)
    public static let head = Method(name: .head)
    public static let post = Method(name: .post)
    public static let put = Method(name: .put)
    public static let patch = Method(name: .patch)
    public static let delete = Method(name: .delete)
    public static let options = Method(name: .options)

    static let all = Name.allCases.map(Method.init(name:))

    /// Position in `all`.
    var index: Int { Int(name.rawValue) }

    public var description: String {
        switch name {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .patch: "PATCH"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        }
    }

    private init(name: Name) { self.name = name }

    /// `nil` for a method this server does not know; methods are case-sensitive.
    init?(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        switch range.count {
        case 3 where bytes.equals("GET", in: range): self = .get
        case 3 where bytes.equals("PUT", in: range): self = .put
        case 4 where bytes.equals("POST", in: range): self = .post
        case 4 where bytes.equals("HEAD", in: range): self = .head
        case 5 where bytes.equals("PATCH", in: range): self = .patch
        case 6 where bytes.equals("DELETE", in: range): self = .delete
        case 7 where bytes.equals("OPTIONS", in: range): self = .options
        default: return nil
        }
    }
}
