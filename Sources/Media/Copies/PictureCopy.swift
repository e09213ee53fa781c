import Glibc

/// A picture's file once more, with the same pixels and without what was written beside them: pieces of the stored file,
/// and bytes between them.
public struct PictureCopy: Sendable, Equatable {
    public enum Piece: Sendable, Equatable {
        /// Of the stored file.
        case stored(Range<Int>)
        case new([UInt8])
    }

    public private(set) var pieces: [Piece] = []
    /// Of all pieces together, in bytes.
    public private(set) var size = 0

    mutating func keep(_ range: Range<Int>) {
        size += range.count
        if case .stored(let last) = pieces.last, last.upperBound == range.lowerBound {
            pieces[pieces.count - 1] = .stored(last.lowerBound..<range.upperBound)
        } else {
            pieces.append(.stored(range))
        }
    }

    mutating func add(_ bytes: [UInt8]) {
        size += bytes.count
        if !bytes.isEmpty { pieces.append(.new(bytes)) }
    }

    mutating func add(_ copy: PictureCopy) {
        for piece in copy.pieces {
            switch piece {
            case .stored(let range): keep(range)
            case .new(let bytes): add(bytes)
            }
        }
    }
}

extension Pictures {
    /// How the file is copied without its metadata, and with `text` where its format has a place for such a thing.
    ///
    /// What makes the picture look as it does stays, such as its colour profile, and so does a signature of its maker
    /// (C2PA), byte for byte: whether it still vouches for a file that has lost something is for its reader to say. What
    /// is not known is left out, and so is what stands behind the picture's end. Blocks; reads the file, but no pixels.
    public static func copy(of path: String, text: String? = nil) throws(PictureError) -> PictureCopy {
        let file = try PictureFile(path, limits: PictureLimits())
        let mapped = try MappedFile(file.file, bytes: file.bytes)
        let bytes = FileBytes(mapped.bytes)
        return switch file.format {
        case .png: try PNGCopy.make(bytes, text: text)
        case .jpeg: try JPEGCopy.make(bytes, text: text)
        case .webp: try WebPCopy.make(bytes, text: text)
        case .gif: try GIFCopy.make(bytes, text: text)
        }
    }
}

/// A file as memory. Stored files never change, so that it stays readable.
private struct MappedFile: ~Copyable {
    let bytes: UnsafeRawBufferPointer

    init(_ file: borrowing OpenFile, bytes count: Int) throws(PictureError) {
        guard let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, file.descriptor, 0), start != MAP_FAILED else {
            throw .file("read", code: errno)
        }
        bytes = UnsafeRawBufferPointer(start: start, count: count)
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }
}

/// Bytes at offsets that a file itself tells, which may lie anywhere.
struct FileBytes {
    private let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var count: Int { bytes.count }

    subscript(offset: Int) -> UInt8 {
        get throws(PictureError) {
            guard bytes.indices.contains(offset) else { throw .damaged }
            return bytes[offset]
        }
    }

    func bigEndian<Number: FixedWidthInteger>(_ type: Number.Type, at offset: Int) throws(PictureError) -> Int {
        Int(Number(bigEndian: try load(at: offset)))
    }

    func littleEndian<Number: FixedWidthInteger>(_ type: Number.Type, at offset: Int) throws(PictureError) -> Int {
        Int(Number(littleEndian: try load(at: offset)))
    }

    /// Whether the text stands there.
    func has(_ text: String, at offset: Int) -> Bool {
        guard offset >= 0, offset <= count - text.utf8.count else { return false }
        return bytes[offset..<offset + text.utf8.count].elementsEqual(text.utf8)
    }

    func text(at offset: Int, count length: Int) throws(PictureError) -> String {
        guard offset >= 0, length <= count - offset else { throw .damaged }
        return String(decoding: bytes[offset..<offset + length], as: UTF8.self)
    }

    /// Throws unless the whole of it lies in the file.
    func range(from start: Int, count length: Int) throws(PictureError) -> Range<Int> {
        guard start >= 0, length >= 0, start <= count, length <= count - start else { throw .damaged }
        return start..<start + length
    }

    private func load<Number: FixedWidthInteger>(at offset: Int) throws(PictureError) -> Number {
        guard offset >= 0, offset <= count - MemoryLayout<Number>.size else { throw .damaged }
        return bytes.loadUnaligned(fromByteOffset: offset, as: Number.self)
    }
}
