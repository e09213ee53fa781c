/// What kind of picture is drawn.
public enum Style: String, CaseIterable, Sendable {
    case landscape, seascape, forest, mountains, skyline, desert, meadow, rain
    case nebula, flowField, stainedGlass, waves, geometric, botanical, marble

    /// Shows no place, so that hills, birds and weather have nowhere to go.
    var isAbstract: Bool {
        switch self {
        case .landscape, .seascape, .forest, .mountains, .skyline, .desert, .meadow, .rain: false
        case .nebula, .flowField, .stainedGlass, .waves, .geometric, .botanical, .marble: true
        }
    }
}
