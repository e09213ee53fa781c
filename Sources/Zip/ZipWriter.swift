/// The records of a zip archive whose entries are stored as they are, in the order in which they are sent.
///
/// Sizes and checksums stand before the content, so that readers which cannot seek understand it too. What is too large
/// for the old records is written in those of Zip64. Records and numbers: PKWARE's APPNOTE.TXT 6.3.10, section 4.3.
public struct ZipWriter: Sendable {
    private var entries: [ZipEntry] = []
    /// Where the next record begins.
    private var offset: UInt64 = 0

    public init() {}

    /// What stands before an entry's content, which must follow and be of exactly this size and checksum.
    ///
    /// - Parameter name: a relative path in UTF-8, at most 65,535 bytes.
    public mutating func header(_ name: String, size: Int, checksum: UInt32, time: ZipTime) -> [UInt8] {
        precondition(name.utf8.count <= Int(UInt16.max), "a name that no record can hold")
        let entry = ZipEntry(name: name, checksum: checksum, time: time, size: UInt64(size), offset: offset)
        entries.append(entry)
        let header = entry.header
        offset += UInt64(header.count) + entry.size
        return header
    }

    /// What stands behind the last entry: the list of all, in pieces of some 64 KB.
    public func end() -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var piece = ZipRecord()
        var size: UInt64 = 0
        for entry in entries {
            let listed = entry.listed
            size += UInt64(listed.count)
            piece.bytes += listed
            if piece.bytes.count >= 65_536 {
                pieces.append(piece.bytes)
                piece = ZipRecord()
            }
        }
        piece.putEnd(entries: UInt64(entries.count), size: size, start: offset)
        return pieces + [piece.bytes]
    }
}

/// What the archive knows of one entry.
private struct ZipEntry: Sendable {
    let name: String
    let checksum: UInt32
    let time: ZipTime
    let size: UInt64
    /// Of its header.
    let offset: UInt64

    /// The local file header, 4.3.7.
    var header: [UInt8] {
        let isLarge = size >= ZipRecord.tooLarge
        var record = ZipRecord()
        record.put(0x0403_4B50 as UInt32)
        putProperties(in: &record, isLarge: isLarge)
        record.put(shortSize)
        record.put(shortSize)
        record.put(UInt16(name.utf8.count))
        record.put((isLarge ? 20 : 0) as UInt16)
        record.bytes += name.utf8
        // Both sizes must stand here, 4.5.3.
        if isLarge { record.putExtra([size, size]) }
        return record.bytes
    }

    /// Its line in the central directory, 4.3.12.
    var listed: [UInt8] {
        let isFar = offset >= ZipRecord.tooLarge
        var extra: [UInt64] = size >= ZipRecord.tooLarge ? [size, size] : []
        if isFar { extra.append(offset) }
        var record = ZipRecord()
        record.put(0x0201_4B50 as UInt32)
        // Made on Unix.
        record.put((3 << 8 | 45) as UInt16)
        putProperties(in: &record, isLarge: !extra.isEmpty)
        record.put(shortSize)
        record.put(shortSize)
        record.put(UInt16(name.utf8.count))
        record.put(UInt16(extra.isEmpty ? 0 : 4 + 8 * extra.count))
        // No comment, the first disk, nothing about its content.
        for _ in 0..<3 { record.put(0 as UInt16) }
        // A plain file, rw-r--r--.
        record.put((0o100644 << 16) as UInt32)
        record.put(isFar ? UInt32.max : UInt32(offset))
        record.bytes += name.utf8
        if !extra.isEmpty { record.putExtra(extra) }
        return record.bytes
    }

    private var shortSize: UInt32 { size >= ZipRecord.tooLarge ? .max : UInt32(size) }

    /// What both have in common: the version needed to read it, names in UTF-8 (bit 11), stored, time and checksum.
    private func putProperties(in record: inout ZipRecord, isLarge: Bool) {
        record.put((isLarge ? 45 : 10) as UInt16)
        record.put(0x0800 as UInt16)
        record.put(0 as UInt16)
        record.put(time.time)
        record.put(time.date)
        record.put(checksum)
    }
}
