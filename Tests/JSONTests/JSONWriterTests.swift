import JSON
import Testing

@Suite("Writing JSON")
struct JSONWriterTests {
    @Test func `sets the commas`() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("id")
        writer.value(1)
        writer.key("a \"quoted\" key" as String)
        writer.value("x")
        writer.key("list")
        writer.beginArray()
        writer.beginObject()
        writer.endObject()
        writer.beginArray()
        writer.endArray()
        writer.value(true)
        writer.null()
        writer.value(2.5)
        writer.raw(Array(#"{"raw":1}"#.utf8))
        writer.endArray()
        writer.endObject()
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == #"{"id":1,"a \"quoted\" key":"x","list":[{},[],true,null,2.5,{"raw":1}]}"#
        )
    }

    @Test(arguments: [
        (JSON.integer(.min), "-9223372036854775808"), (.integer(.max), "9223372036854775807"), (0, "0"), (-7, "-7"),
        (1.0, "1.0"), (1e20, "1e+20"), (.number(-0.0), "-0.0"), (.number(.nan), "null"), (.number(.infinity), "null"),
        ("\u{0}\u{1f}\"\\/\u{7f}", "\"\\u0000\\u001f\\\"\\\\/\u{7f}\""), ("\n\r\t\u{8}", #""\n\r\t\u0008""#),
    ])
    func `each value has one spelling`(value: JSON, text: String) {
        #expect(value.text == text)
    }

    @Test func `finds what to escape wherever it stands`() throws {
        let odd: [Character] = ["\"", "\\", "\n", "\u{1}", "\u{1f}", "é", "€", "\u{7f}", "\u{80}", "!", "#", "]", "["]
        for length in 0..<20 {
            for position in 0..<max(length, 1) {
                for character in odd {
                    var characters = [Character](repeating: "a", count: length)
                    if length > 0 { characters[position] = character }
                    let text = String(characters)
                    let back = try JSON(parsing: JSON.string(text).serialized())
                    #expect(back == .string(text))
                }
            }
        }
    }

    @Test func `what was written reads back the same`() throws {
        var random = Random(state: 42)
        for _ in 0..<2000 {
            let value = JSON.random(&random, depth: 4)
            let back = try JSON(parsing: value.serialized())
            #expect(back == value)
        }
    }

    @Test func `a damaged text is refused or read, never a crash`() throws {
        var random = Random(state: 7)
        for _ in 0..<5000 {
            var bytes = JSON.random(&random, depth: 4).serialized()
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let position = Int.random(in: 0..<bytes.count, using: &random)
                bytes[position] = UInt8.random(in: 0...255, using: &random)
            }
            if let value = try? JSON(parsing: bytes.prefix(Int.random(in: 1...bytes.count, using: &random))) {
                let back = try JSON(parsing: value.serialized())
                #expect(back == value)
            }
        }
    }
}

/// SplitMix64: the same values in every run.
private struct Random: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

extension JSON {
    fileprivate static func random(_ random: inout Random, depth: Int) -> JSON {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &random) {
        case 0: return .null
        case 1: return .bool(.random(using: &random))
        case 2: return .integer(Int(truncatingIfNeeded: random.next()) >> Int.random(in: 0..<64, using: &random))
        case 3:
            let value = Double(bitPattern: random.next())
            return value.isFinite ? .number(value) : .number(0.5)
        case 4, 5: return .string(.random(&random))
        case 6:
            return .array((0..<Int.random(in: 0..<6, using: &random)).map { _ in .random(&random, depth: depth - 1) })
        default:
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0..<14, using: &random) {
                object[.random(&random)] = .random(&random, depth: depth - 1)
            }
            return .object(object)
        }
    }
}

extension String {
    fileprivate static func random(_ random: inout Random) -> String {
        var text = ""
        for _ in 0..<Int.random(in: 0..<24, using: &random) {
            let ceiling: UInt32 = [0x30, 0x80, 0x800, 0x110000].randomElement(using: &random) ?? 0x80
            text.unicodeScalars.append(Unicode.Scalar(UInt32.random(in: 0..<ceiling, using: &random)) ?? "?")
        }
        return text
    }
}
