import EventLoop
import HTTPClient
import Jobs
import Media
import Postgres
import Redis

/// What every page and every job may use.
///
/// A class only so that handing it on copies one reference instead of a dozen.
final class App: Sendable {
    let configuration: Configuration
    let log: Log
    let database: Database
    let redis: Redis
    let blobs: BlobStore
    /// For work that blocks or computes for long.
    let blocking: BlockingPool
    let models: ModelCatalogue
    let descriptions: ModelDescriptions
    let live: LiveJobs
    let channels: JobChannels
    let figures: ProcessFigures
    let library = LibraryLists()
    let libraryChoices = LibraryChoices.Memory(freshFor: .seconds(1))
    let waitingLines = WaitingLines()

    /// Opens everything; connections are made when they are first needed.
    init(_ configuration: Configuration, loops: [EventLoop], log: Log) throws {
        let blobs = BlobStore(root: configuration.storagePath)
        do {
            try blobs.check()
        } catch {
            throw OperatorError(
                "the folder for pictures, \(configuration.storagePath), cannot be used: \(error.message)"
            )
        }
        let blocking = BlockingPool(threads: max(2, configuration.canvasConcurrency), capacity: 1000)
        let database = Database(
            DatabaseConfiguration(url: configuration.databaseURL, acquireTimeout: .seconds(2)),
            loops: loops
        )
        let redis = try Redis(url: configuration.redisURL, loops: loops)
        var replicate: ReplicateProvider?
        if let token = configuration.replicateToken {
            replicate = ReplicateProvider(
                configuration,
                token: token,
                blobs: blobs,
                database: database,
                redis: redis,
                loops: loops
            )
        }
        self.configuration = configuration
        self.log = log
        self.database = database
        self.redis = redis
        self.blobs = blobs
        self.blocking = blocking
        models = ModelCatalogue(
            canvas: CanvasProvider(blobs: blobs, blocking: blocking),
            replicate: replicate,
            replicateModels: configuration.replicateModels
        )
        descriptions = ModelDescriptions(database: database, log: log)
        live = LiveJobs(loops: loops)
        channels = JobChannels(prefix: configuration.redisPrefix)
        figures = ProcessFigures()
    }
}
