import CLinux
import Glibc

extension EventLoop {
    /// Blocks the signals in the calling thread and those it starts later, so that only a `signals` watch gets them.
    /// Call on the main thread before any other thread exists. SIGPIPE is ignored: writes report EPIPE instead.
    public static func blockSignals(_ signals: [Int32]) {
        var set = sigset(signals)
        pthread_sigmask(SIG_BLOCK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
    }

    /// Calls `handler` with each of these signals that the process receives. They must be blocked. Loop only.
    public func onSignals(_ signals: [Int32], _ handler: @escaping (Int32) -> Void) throws(SystemError) -> Watch {
        var set = sigset(signals)
        let descriptor = signalfd(-1, &set, Int32(SFD_NONBLOCK) | Int32(SFD_CLOEXEC))
        guard descriptor >= 0 else { throw SystemError("signalfd") }
        return try watch(descriptor, for: .read) { _ in
            var info = signalfd_siginfo()
            while read(descriptor, &info, MemoryLayout<signalfd_siginfo>.size) > 0 { handler(Int32(info.ssi_signo)) }
        }
    }
}

private func sigset(_ signals: [Int32]) -> sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    for signal in signals { sigaddset(&set, signal) }
    return set
}
