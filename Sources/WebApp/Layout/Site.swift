/// What every page shows of the installation.
struct Site: Sendable {
    let name: String
    let apiPrefix: String
}

/// The tabs at the top of every page.
enum Tab: Sendable {
    case generate, history, queue, architecture, none
}

extension App {
    var site: Site { Site(name: configuration.projectName, apiPrefix: configuration.apiPrefix) }
}
