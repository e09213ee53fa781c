import Testing
import Zip

@Suite("Zip archives")
struct ZipTests {
}
