import HTTPServer
import Jobs
import Media

extension JobID: PathParameter {
    public init?(pathSegment: String) { self.init(pathSegment) }
}

extension BlobName: PathParameter {
    public init?(pathSegment: String) { self.init(pathSegment) }
}
