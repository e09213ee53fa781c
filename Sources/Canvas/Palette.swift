/// The colours a picture is made from.
public enum Palette: String, CaseIterable, Sendable {
    case day, sunset, dawn, dusk, night
    case ocean, forest, desert, spring, autumn, winter, storm
    case candy, pastel, monochrome, sepia, neon, ember

    /// Under these the sky is darker than what stands before it.
    var isDark: Bool {
        switch self {
        case .night, .neon, .ember: true
        default: false
        }
    }
}
