import HTTPServer
import Jobs
import Media
import Postgres

extension JobID: PathParameter {
    public init?(pathSegment: String) { self.init(pathSegment) }
}

extension BlobName: PathParameter {
    public init?(pathSegment: String) { self.init(pathSegment) }
}

extension UUID: PathParameter {
    public init?(pathSegment: String) { self.init(pathSegment) }
}
