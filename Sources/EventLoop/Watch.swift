import CLinux

/// What a descriptor is, or should be, ready for.
public struct IOEvents: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let read = IOEvents(rawValue: EPOLLIN.rawValue)
    public static let write = IOEvents(rawValue: EPOLLOUT.rawValue)
    /// The peer has closed its side, or at least its sending half.
    public static let peerClosed = IOEvents(rawValue: EPOLLRDHUP.rawValue)
    /// Reported even when not asked for.
    public static let hangUp = IOEvents(rawValue: EPOLLHUP.rawValue)
    /// Reported even when not asked for.
    public static let error = IOEvents(rawValue: EPOLLERR.rawValue)
}

/// A descriptor that a loop looks after. Confined to its loop.
public final class Watch {
    public let descriptor: Int32
    let generation: UInt32
    let handler: (IOEvents) -> Void
    private unowned let loop: EventLoop
    private var isActive = true

    /// What the descriptor is watched for. Setting an equal value costs nothing.
    public var interest: IOEvents {
        didSet {
            guard isActive, interest != oldValue else { return }
            _ = clinux_epoll_ctl(loop.epoll, EPOLL_CTL_MOD, descriptor, interest.rawValue, epollData)
        }
    }

    init(
        loop: EventLoop,
        descriptor: Int32,
        generation: UInt32,
        interest: IOEvents,
        handler: @escaping (IOEvents) -> Void
    ) {
        self.loop = loop
        self.descriptor = descriptor
        self.generation = generation
        self.interest = interest
        self.handler = handler
    }

    var epollData: UInt64 { UInt64(generation) << 32 | UInt64(UInt32(bitPattern: descriptor)) }

    /// Ends the watch; the handler is not called again, not even for an event already received. Twice is harmless.
    public func cancel() {
        guard isActive else { return }
        isActive = false
        loop.forget(self)
    }
}
