import JSON
import Testing

@Suite("Reading JSON")
struct JSONParsingTests {
    static let accepted: [(String, JSON)] = [
        ("null", .null),
        (" true\r\n\t", true),
        ("false", false),
        ("0", 0),
        ("-0", .number(-0.0)),
        ("9223372036854775807", .integer(.max)),
        ("-9223372036854775808", .integer(.min)),
        ("9223372036854775808", .number(9223372036854775808)),
        ("-9223372036854775809", .number(-9223372036854775808)),
        ("1.0", 1.0),
        ("1e2", 100.0),
        ("1E+2", 100.0),
        ("-2.5e-3", -0.0025),
        ("1e-999", 0.0),
        ("5e-324", .number(.leastNonzeroMagnitude)),
        ("1.7976931348623157e308", .number(.greatestFiniteMagnitude)),
        (#""""#, ""),
        (#""a\"\\\/\b\f\n\r\t""#, "a\"\\/\u{8}\u{c}\n\r\t"),
        (#""\u0041\u00e9\u20AC""#, "Aé€"),
        (#""\ud83d\uDE00""#, "😀"),
        (#""\u0000""#, "\0"),
        ("\"é€😀\u{7f}\u{2028}\"", "é€😀\u{7f}\u{2028}"),
        ("[]", []),
        ("[ ]", []),
        ("[1,[2,[3]]]", [1, [2, [3]]]),
        ("{}", [:]),
        (#"{"":0}"#, ["": 0]),
        (#"{ "a" : [ ] , "b" : { "a" : null } }"#, ["a": [], "b": ["a": .null]]),
    ]

    @Test(arguments: accepted)
    func `accepts what the grammar allows`(text: String, value: JSON) throws {
        let parsed = try JSON(parsing: text)
        #expect(parsed == value)
    }

    static let refused: [(String, JSONError.Code)] = [
        ("", .unexpectedEnd),
        ("  ", .unexpectedEnd),
        ("nul", .unexpectedEnd),
        ("nulL", .syntax),
        ("True", .syntax),
        ("NaN", .syntax),
        ("Infinity", .syntax),
        ("-Infinity", .syntax),
        ("undefined", .syntax),
        ("01", .trailingGarbage),
        ("-01", .trailingGarbage),
        ("0x10", .trailingGarbage),
        ("+1", .syntax),
        ("-", .unexpectedEnd),
        (".5", .syntax),
        ("1.", .unexpectedEnd),
        ("1.e1", .syntax),
        ("1e", .unexpectedEnd),
        ("1e+", .unexpectedEnd),
        ("1e1.5", .trailingGarbage),
        ("1_000", .trailingGarbage),
        ("1e999", .numberOutOfRange),
        ("-1e999", .numberOutOfRange),
        ("'a'", .syntax),
        ("\"a", .unexpectedEnd),
        ("\"a\\", .unexpectedEnd),
        ("\"a\\\"", .unexpectedEnd),
        ("\"\n\"", .syntax),
        ("\"\0\"", .syntax),
        (#""\x""#, .syntax),
        (#""\u12""#, .syntax),
        (#""\u12g4""#, .syntax),
        (#""\u+123""#, .syntax),
        (#""\ud800""#, .loneSurrogate),
        (#""\udc00""#, .loneSurrogate),
        (#""\ud800\n""#, .loneSurrogate),
        (#""\ud800\ud800""#, .loneSurrogate),
        (#""\udc00\ud800""#, .loneSurrogate),
        (#""\ud800\u0041""#, .loneSurrogate),
        ("[", .unexpectedEnd),
        ("[1", .unexpectedEnd),
        ("[1,]", .syntax),
        ("[,1]", .syntax),
        ("[1 2]", .syntax),
        ("[1]]", .trailingGarbage),
        ("[}", .syntax),
        ("{", .unexpectedEnd),
        (#"{"a"}"#, .syntax),
        (#"{"a":}"#, .syntax),
        (#"{"a":1,}"#, .syntax),
        (#"{"a":1 "b":2}"#, .syntax),
        (#"{a:1}"#, .syntax),
        (#"{1:1}"#, .syntax),
        (#"{"a":1,"a":1}"#, .duplicateKey),
        (#"{"a":1,"\u0061":1}"#, .duplicateKey),
        ("1 1", .trailingGarbage),
        ("null,", .trailingGarbage),
        ("1 // one", .trailingGarbage),
        ("/* one */ 1", .syntax),
        ("\u{FEFF}1", .syntax),
        ("\u{A0}1", .syntax),
        ("1\0", .trailingGarbage),
    ]

    @Test(arguments: refused)
    func `refuses what the grammar does not allow`(text: String, code: JSONError.Code) {
        let error = #expect(throws: JSONError.self) { try JSON(parsing: text) }
        #expect(error?.code == code)
    }

    static let notUTF8: [[UInt8]] = [
        [0x80], [0xC3], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xFF],
    ]

    @Test(arguments: notUTF8)
    func `refuses strings that are not UTF-8`(bytes: [UInt8]) {
        let error = #expect(throws: JSONError.self) { try JSON(parsing: [0x22] + bytes + [0x22]) }
        #expect(error?.code == .invalidUTF8)
        let escaped = #expect(throws: JSONError.self) { try JSON(parsing: [0x22, 0x5C, 0x6E] + bytes + [0x22]) }
        #expect(escaped?.code == .invalidUTF8)
    }

    @Test func `bounds the nesting`() throws {
        _ = try JSON(parsing: String(repeating: "[", count: 64) + String(repeating: "]", count: 64))
        let error = #expect(throws: JSONError.self) { try JSON(parsing: String(repeating: "[", count: 65)) }
        #expect(error?.code == .tooDeep)
        let flood = #expect(throws: JSONError.self) {
            try JSON(parsing: String(repeating: "{\"a\":[", count: 500_000), maximumDepth: .max)
        }
        #expect(flood?.code == .tooDeep)
    }

    @Test func `says where the text went wrong`() {
        let error = #expect(throws: JSONError.self) { try JSON(parsing: #"{"a": tru}"#) }
        #expect(error?.offset == 9)
        #expect(error?.description == "expected “true” at byte 9")
    }

    @Test func `keeps the order of keys, also of many`() throws {
        let keys = (0..<40).map { "key \($0 * 7 % 40)" }
        let text = "{" + keys.map { "\"\($0)\":1" }.joined(separator: ",") + "}"
        let parsed = try JSON(parsing: text)
        #expect(parsed.object?.keys == keys)
        #expect(parsed["key 39"] == 1)
        #expect(parsed["key 40"] == nil)
        #expect(parsed.text == text)
    }

    @Test func `reads members by their kind`() throws {
        let value = try JSON(parsing: #"{"n":1,"d":1.5,"w":2.0,"s":"x","b":true,"a":[1,2],"z":null}"#)
        #expect(value["n"]?.int == 1)
        #expect(value["n"]?.double == 1)
        #expect(value["d"]?.double == 1.5)
        #expect(value["d"]?.int == nil)
        #expect(value["w"]?.int == 2)
        #expect(value["s"]?.string == "x")
        #expect(value["s"]?.int == nil)
        #expect(value["b"]?.bool == true)
        #expect(value["a"]?.array?.count == 2)
        #expect(value["a"]?[1]?.int == 2)
        #expect(value["a"]?[2] == nil)
        #expect(value["z"]?.isNull == true)
        #expect(value["missing"] == nil)
    }
}

@Suite("Objects")
struct JSONObjectTests {
    @Test func `are equal in any order`() {
        #expect(JSON.object(["a": 1, "b": 2]) == ["b": 2, "a": 1])
        #expect(Set<JSON>([["a": 1, "b": 2], ["b": 2, "a": 1]]).count == 1)
        #expect(JSON.object(["a": 1]) != ["a": 2])
    }

    @Test func `set, replace and remove members`() {
        var object = JSONObject()
        for number in 0..<12 { object["\(number)"] = .integer(number) }
        object["3"] = "three"
        object["5"] = nil
        object["12"] = nil
        #expect(object.count == 11)
        #expect(object["3"] == "three")
        #expect(object["5"] == nil)
        #expect(object["11"] == 11)
        #expect(object.keys == ["0", "1", "2", "3", "4", "6", "7", "8", "9", "10", "11"])
    }
}
