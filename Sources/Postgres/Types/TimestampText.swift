/// RFC 3339.
extension Timestamp: LosslessStringConvertible {
    private static let microsecondsPerDay: Int64 = 86_400_000_000

    /// In UTC to the microsecond: `2026-11-21T09:00:00.123456Z`. Years beyond 0000…9999 have a sign (ISO 8601).
    public var description: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        write(into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the bytes of the description, 27 for the years 0000…9999.
    public func write(into bytes: inout [UInt8]) {
        let (days, timeOfDay) = microseconds.quotientAndRemainderFloor(by: Self.microsecondsPerDay)
        let (year, month, day) = civil(daysSince1970: days)
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { buffer in
            var text = DigitWriter(buffer: buffer)
            if !(0...9999).contains(year) { text.put(UInt8(ascii: year < 0 ? "-" : "+")) }
            text.put(year.magnitude, digits: year.magnitude > 9999 ? 6 : 4)
            text.put(UInt8(ascii: "-"))
            text.put(month.magnitude, digits: 2)
            text.put(UInt8(ascii: "-"))
            text.put(day.magnitude, digits: 2)
            text.put(UInt8(ascii: "T"))
            let seconds = UInt64(timeOfDay) / 1_000_000
            text.put(seconds / 3600, digits: 2)
            text.put(UInt8(ascii: ":"))
            text.put(seconds / 60 % 60, digits: 2)
            text.put(UInt8(ascii: ":"))
            text.put(seconds % 60, digits: 2)
            text.put(UInt8(ascii: "."))
            text.put(UInt64(timeOfDay) % 1_000_000, digits: 6)
            text.put(UInt8(ascii: "Z"))
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: buffer[..<text.count]))
        }
    }

    /// Takes RFC 3339 with any offset; digits beyond microseconds are cut off, leap seconds refused.
    public init?(_ text: String) {
        var reader = Reader(bytes: Array(text.utf8))
        guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2), reader.skip("-"),
            let day = reader.number(2), reader.skip("T") || reader.skip("t"), let hour = reader.number(2),
            reader.skip(":"), let minute = reader.number(2), reader.skip(":"), let second = reader.number(2),
            let fraction = reader.fraction(), let offset = reader.offset(), reader.isAtEnd,
            (1...12).contains(month), hour < 24, minute < 60, second < 60
        else { return nil }
        let days = Timestamp.days(year: year, month: month, day: day)
        // A day that the month does not have counts on into the next.
        guard day > 0, civil(daysSince1970: days).month == month else { return nil }
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset
        self.init(microseconds: seconds * 1_000_000 + fraction)
    }

    /// By the proleptic Gregorian calendar: a year counted from March has its leap day last, so that the lengths of
    /// the months before are regular, 153 days in five.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let (cycle, yearOfCycle) = (month > 2 ? year : year - 1).quotientAndRemainderFloor(by: 400)
        let daysOfYears = yearOfCycle * 365 + yearOfCycle / 4 - yearOfCycle / 100
        let daysOfMonths = (153 * ((month + 9) % 12) + 2) / 5
        // 719,468 days lie between 0000-03-01 and 1970-01-01.
        return cycle * 146_097 + daysOfYears + daysOfMonths + day - 1 - 719_468
    }
}

/// The inverse of `days`, in cycles of 400 years, which all have 146,097 days.
private func civil(daysSince1970 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (cycle, dayOfCycle) = (days + 719_468).quotientAndRemainderFloor(by: 146_097)
    let leapDaysBefore = dayOfCycle / 1460 - dayOfCycle / 36_524 + dayOfCycle / 146_096
    let yearOfCycle = (dayOfCycle - leapDaysBefore) / 365
    let dayOfYear = dayOfCycle - (yearOfCycle * 365 + yearOfCycle / 4 - yearOfCycle / 100)
    let monthsSinceMarch = (5 * dayOfYear + 2) / 153
    let month = monthsSinceMarch < 10 ? monthsSinceMarch + 3 : monthsSinceMarch - 9
    let year = cycle * 400 + yearOfCycle + (month < 3 ? 1 : 0)
    return (year, month, dayOfYear - (153 * monthsSinceMarch + 2) / 5 + 1)
}

extension Int64 {
    /// Rounded down, so that the remainder is never negative.
    fileprivate func quotientAndRemainderFloor(by divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

/// Puts text into a buffer that is large enough: quicker than as many appends to an array.
private struct DigitWriter {
    let buffer: UnsafeMutableBufferPointer<UInt8>
    private(set) var count = 0

    init(buffer: UnsafeMutableBufferPointer<UInt8>) { self.buffer = buffer }

    mutating func put(_ byte: UInt8) {
        buffer[count] = byte
        count += 1
    }

    mutating func put(_ number: UInt64, digits: Int) {
        var rest = number
        for position in stride(from: count + digits - 1, through: count, by: -1) {
            buffer[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        count += digits
    }
}

private struct Reader {
    let bytes: [UInt8]
    var position = 0

    var isAtEnd: Bool { position == bytes.count }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func digit() -> Int64? {
        guard position < bytes.count, case let digit = bytes[position] &- UInt8(ascii: "0"), digit < 10 else {
            return nil
        }
        position += 1
        return Int64(digit)
    }

    mutating func number(_ digits: Int) -> Int64? {
        var number: Int64 = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            number = number * 10 + digit
        }
        return number
    }

    /// In microseconds; 0 when there is none.
    mutating func fraction() -> Int64? {
        guard skip(".") else { return 0 }
        guard var fraction = digit() else { return nil }
        var digits = 1
        while let digit = digit() {
            if digits < 6 { fraction = fraction * 10 + digit }
            digits += 1
        }
        while digits < 6 {
            fraction *= 10
            digits += 1
        }
        return fraction
    }

    /// In seconds east of Greenwich.
    mutating func offset() -> Int64? {
        if skip("Z") || skip("z") { return 0 }
        let isWest = skip("-")
        guard isWest || skip("+"), let hours = number(2), skip(":"), let minutes = number(2), hours < 24, minutes < 60
        else { return nil }
        return (hours * 3600 + minutes * 60) * (isWest ? -1 : 1)
    }
}
