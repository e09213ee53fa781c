/// A time as zip archives have it: without a zone, in steps of two seconds, from 1980 to 2107.
public struct ZipTime: Sendable, Hashable {
    let date: UInt16
    let time: UInt16

    /// What lies outside of its years becomes the nearest time that does not.
    public init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        guard year >= 1980 else {
            self.init(years: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0)
            return
        }
        guard year <= 2107 else {
            self.init(years: 127, month: 12, day: 31, hour: 23, minute: 59, second: 59)
            return
        }
        self.init(years: year - 1980, month: month, day: day, hour: hour, minute: minute, second: second)
    }

    private init(years: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
        date = UInt16(truncatingIfNeeded: years << 9 | (month & 15) << 5 | (day & 31))
        time = UInt16(truncatingIfNeeded: (hour & 31) << 11 | (minute & 63) << 5 | (second / 2 & 31))
    }
}
