import CHiredis

/// hiredis' parser of replies.
///
/// Only the parser: hiredis 0.14's asynchronous connection aborts the process on a reply that nobody asked for, looks
/// names up in the calling thread, and takes a published message for the answer to a subscriber's PING.
final class ReplyReader {
    private let reader: UnsafeMutablePointer<redisReader>
    private let maximumBytes: Int

    /// `maximumBytes` bounds what may wait for the rest of a reply.
    init(maximumBytes: Int) {
        guard let reader = redisReaderCreate() else { preconditionFailure("no memory for a Redis parser") }
        self.reader = reader
        self.maximumBytes = maximumBytes
    }

    deinit { redisReaderFree(reader) }

    func feed(_ bytes: UnsafeRawBufferPointer) throws(RedisError) {
        guard redisReaderFeed(reader, bytes.baseAddress, bytes.count) == REDIS_OK else { throw failure() }
    }

    /// The next whole reply; `nil` when more bytes are needed.
    func next() throws(RedisError) -> RedisValue? {
        var reply: UnsafeMutableRawPointer?
        guard redisReaderGetReply(reader, &reply) == REDIS_OK else { throw failure() }
        guard let reply else {
            guard reader.pointee.len - reader.pointee.pos <= maximumBytes else {
                throw RedisError(.badReply, "a reply of more than \(maximumBytes) bytes")
            }
            return nil
        }
        defer { freeReplyObject(reply) }
        return RedisValue(reply.assumingMemoryBound(to: redisReply.self).pointee)
    }

    private func failure() -> RedisError {
        withUnsafeBytes(of: &reader.pointee.errstr) { bytes in
            RedisError(.badReply, String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self))
        }
    }
}

extension RedisValue {
    fileprivate init(_ reply: redisReply) {
        switch reply.type {
        case REDIS_REPLY_INTEGER: self = .integer(Int(reply.integer))
        case REDIS_REPLY_STRING: self = .bytes(reply.bytes)
        case REDIS_REPLY_STATUS: self = .status(String(decoding: reply.bytes, as: UTF8.self))
        case REDIS_REPLY_ERROR: self = .error(String(decoding: reply.bytes, as: UTF8.self))
        case REDIS_REPLY_ARRAY:
            let elements = UnsafeBufferPointer(start: reply.element, count: reply.elements)
            self = .array(elements.map { element in element.map { RedisValue($0.pointee) } ?? .null })
        default: self = .null
        }
    }
}

extension redisReply {
    fileprivate var bytes: [UInt8] { Array(UnsafeRawBufferPointer(start: str, count: len)) }
}
