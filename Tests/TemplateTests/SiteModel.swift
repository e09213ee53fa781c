import Templates

// What the templates of these tests show.

struct Card {
    var id = 1
    var prompt = "A <red> fox & \"friends\""
    var picture: SafeURL = "/pictures/1.webp"
    var isFavourite = false
    var state = JobState.done
    var note: String?
    var rating = Rating.good
}

enum JobState {
    case queued
    case running(percent: Int)
    case failed(reason: String)
    case done
}

enum Rating: String, TextRepresentable {
    case good = "Good & fine"
}

struct Node {
    let name: String
    var children: [Node] = []
}

extension HTML {
    var string: String { String(decoding: bytes(), as: UTF8.self) }
}

/// Renders and reads back.
func rendered(_ render: (inout HTML) -> Void) -> String {
    var html = HTML(capacity: 0)
    render(&html)
    return html.string
}

/// The same numbers every time (SplitMix64), so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
