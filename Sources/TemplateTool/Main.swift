import Glibc
import TemplateCompiler

/// `TemplateTool pages.swift [template.html template.swift]…`: compiles all templates of a target at once.
@main struct TemplateTool {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard let pages = arguments.first, arguments.count % 2 == 1 else {
            fail("usage: TemplateTool pages.swift [template.html template.swift]…")
        }
        let inputs = stride(from: 1, to: arguments.count, by: 2).map { arguments[$0] }
        let outputs = stride(from: 2, to: arguments.count, by: 2).map { arguments[$0] }
        do {
            let compiled = try compile(inputs.map { TemplateSource(path: $0, bytes: try File.read($0)) })
            try File.write(pagesDeclaration, to: pages)
            for (text, output) in zip(compiled, outputs) { try File.write(text, to: output) }
        } catch let error as CompileError {
            fail(error.diagnostics.map(\.description).joined(separator: "\n"))
        } catch let error as FileError {
            fail("\(error.path):1:1: error: \(error.message)")
        } catch {
            fail("error: \(error)")
        }
    }

    private static func fail(_ message: String) -> Never {
        File.complain(message)
        exit(1)
    }
}
