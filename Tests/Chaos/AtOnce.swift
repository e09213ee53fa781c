import EventLoop

/// Does several things at the same time, each in a task of its own on the loop. The first error ends the others.
func atOnce<Items: Sequence>(
    _ items: Items,
    on loop: EventLoop,
    _ body: @escaping @Sendable (Items.Element) async throws -> Void
) async throws where Items.Element: Sendable {
    try await withThrowingDiscardingTaskGroup { group in
        for item in items {
            group.addTask(executorPreference: loop) { try await body(item) }
        }
    }
}
