import EventLoop
import HTTPClient
import Jobs
import Media
import Postgres
import Redis

/// What every page and every job may use.
struct App: Sendable {
    let configuration: Configuration
    let log: Log
    let database: Database
    let redis: Redis
    let blobs: BlobStore
    /// For work that blocks or computes for long.
    let blocking: BlockingPool
    let models: ModelCatalogue
    let live: LiveJobs
    let channels: JobChannels
    let figures: ProcessFigures
    let generationCount = GenerationCount()
}
