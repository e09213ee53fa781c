import PackagePlugin

/// Compiles the `.html` files of the target it is applied to into functions of `Pages`.
///
/// One command for all, because templates know each other by name; one Swift file for each, so that only what
/// changed is compiled again.
@main struct CompileTemplates: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        guard let module = target.sourceModule else { return [] }
        let templates = module.sourceFiles(withSuffix: ".html").map(\.url).sorted { $0.path < $1.path }
        let root = module.directoryURL.path
        let outputs = templates.map { template in
            let path = template.path.dropFirst(root.count).split(separator: "/").joined(separator: "+")
            return context.pluginWorkDirectoryURL.appending(path: "\(path).swift")
        }
        let pages = context.pluginWorkDirectoryURL.appending(path: "Pages.swift")
        return [
            .buildCommand(
                displayName: "Compiling \(templates.count) templates of \(target.name)",
                executable: try context.tool(named: "TemplateTool").url,
                arguments: [pages.path] + zip(templates, outputs).flatMap { [$0.path, $1.path] },
                inputFiles: templates,
                outputFiles: [pages] + outputs
            )
        ]
    }
}
