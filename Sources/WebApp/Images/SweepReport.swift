import Media

/// What a sweep found and did.
struct SweepReport: Sendable {
    struct Orphan: Sendable {
        let name: String
        let bytes: Int

        init(_ file: BlobSweep.File) {
            name = file.name.description
            bytes = file.bytes
        }
    }

    let isDry: Bool
    /// Stored files that were looked at.
    var files = 0
    /// Removed, or in a dry run to be removed.
    var orphans: [Orphan] = []
    /// Removed files of writers that died.
    var temporary = 0
    /// Entries of the store that are none of its files.
    var foreign = 0
    /// The database knows none of the old files: it is empty, or another store's. Nothing was removed.
    var isUnfamiliar = false
    /// Why some file could not be moved or removed.
    var failure: String?

    init(isDry: Bool) { self.isDry = isDry }

    var bytes: Int { orphans.reduce(0) { $0 + $1.bytes } }
    var kept: Int { files - orphans.count }
}
