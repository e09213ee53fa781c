import EventLoop
import Glibc
import JSON
import Postgres

/// Structured log lines, one JSON object each, on standard output.
///
/// A thread of its own writes, so that a reader that stalls never stalls a request; what it cannot write in time is
/// dropped, counted and reported.
final class Log: @unchecked Sendable {
    // @unchecked: all state is behind `mutex`.

    enum Severity: String, Sendable {
        case debug, info, warning, error
    }

    private static let capacity = 4 << 20
    private let descriptor: Int32
    private let minimum: Severity
    private var mutex = pthread_mutex_t()
    private var wakeUp = pthread_cond_t()
    private var pending: [UInt8] = []
    private var dropped = 0
    private var isStopping = false
    private var thread = pthread_t()

    init(descriptor: Int32 = 1, debug: Bool = false) {
        self.descriptor = descriptor
        minimum = debug ? .debug : .info
        pthread_mutex_init(&mutex, nil)
        pthread_cond_init(&wakeUp, nil)
        let failure = pthread_create(
            &thread,
            nil,
            { pointer in
                guard let pointer else { return nil }
                Unmanaged<Log>.fromOpaque(pointer).takeRetainedValue().write()
                return nil
            },
            Unmanaged.passRetained(self).toOpaque()
        )
        precondition(failure == 0, "no thread for the log: \(failure)")
    }

    func info(_ message: StaticString, _ fields: (inout JSONWriter) -> Void = { _ in }) {
        add(.info, message, fields)
    }

    func warning(_ message: StaticString, _ fields: (inout JSONWriter) -> Void = { _ in }) {
        add(.warning, message, fields)
    }

    func error(_ message: StaticString, _ fields: (inout JSONWriter) -> Void = { _ in }) {
        add(.error, message, fields)
    }

    func debug(_ message: StaticString, _ fields: (inout JSONWriter) -> Void = { _ in }) {
        guard minimum == .debug else { return }
        add(.debug, message, fields)
    }

    private func add(_ severity: Severity, _ message: StaticString, _ fields: (inout JSONWriter) -> Void) {
        var line = JSONWriter()
        line.bytes.reserveCapacity(320)
        line.beginObject()
        line.key("timestamp")
        line.string { Timestamp.now.write(into: &$0) }
        line.key("severity")
        line.value(severity.rawValue)
        line.key("message")
        line.value(message.description)
        fields(&line)
        line.endObject()
        line.bytes.append(UInt8(ascii: "\n"))

        pthread_mutex_lock(&mutex)
        if pending.count + line.bytes.count > Log.capacity {
            dropped += 1
        } else {
            if pending.isEmpty { pthread_cond_signal(&wakeUp) }
            pending += line.bytes
        }
        pthread_mutex_unlock(&mutex)
    }

    /// Writes what waits and ends the thread.
    func close() {
        pthread_mutex_lock(&mutex)
        isStopping = true
        pthread_cond_signal(&wakeUp)
        pthread_mutex_unlock(&mutex)
        pthread_join(thread, nil)
    }

    private func write() {
        while true {
            pthread_mutex_lock(&mutex)
            while pending.isEmpty, !isStopping { pthread_cond_wait(&wakeUp, &mutex) }
            var batch = pending
            pending = []
            let lost = dropped
            dropped = 0
            let isLast = isStopping && batch.isEmpty
            pthread_mutex_unlock(&mutex)
            if isLast { return }
            if lost > 0 {
                batch += Array("{\"severity\":\"warning\",\"message\":\"log lines dropped\",\"count\":\(lost)}\n".utf8)
            }
            writeAll(batch)
            // Lines that follow closely go out together.
            usleep(5_000)
        }
    }

    private func writeAll(_ bytes: [UInt8]) {
        var start = 0
        while start < bytes.count {
            let written = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress?.advanced(by: start), buffer.count - start)
            }
            if written < 0, errno == EINTR { continue }
            // Nobody reads the log any more; that is no reason to stop working.
            guard written > 0 else { return }
            start += written
        }
    }
}

extension JSONWriter {
    mutating func field(_ name: StaticString, _ value: String) {
        key(name)
        self.value(value)
    }

    mutating func field(_ name: StaticString, _ value: Int) {
        key(name)
        self.value(value)
    }

    /// `null` when there is none.
    mutating func field(_ name: StaticString, orNull value: String?) {
        key(name)
        if let value { self.value(value) } else { null() }
    }

    mutating func milliseconds(_ name: StaticString, _ duration: Duration) {
        key(name)
        value(Double(duration.wholeNanoseconds / 1000) / 1000)
    }
}
