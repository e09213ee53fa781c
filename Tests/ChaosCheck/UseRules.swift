import Support

// Whoever deals with a prediction holds the lease on its job: by the provider's record, not by the database's word.
extension Checker {
    func checkUses(_ findings: inout Findings) {
        for use in evidence.uses where use.kind != .cancel {
            guard let owners = owners[use.prediction], holders(of: use).isEmpty else { continue }
            if wasJustThawed(use.client, at: use.time) {
                findings.excuse("looks at a prediction by a thawed worker")
            } else {
                findings.add(
                    .overlap,
                    owners.min(),
                    "\(use.client) dealt with \(use.prediction) at \(clock(use.time)) without a lease"
                )
            }
        }
    }

    /// The attempts under whose lease a request was made.
    func holders(of use: ProviderUse) -> [AttemptRow] {
        jobs(of: use).flatMap { attempts[$0, default: []] }
            .filter { $0.process == processes[use.client] && $0.covers(use.time) }
    }

    /// What one job has created, another of the same words may have found and gone on with.
    private func jobs(of use: ProviderUse) -> Set<String> {
        let owners = owners[use.prediction, default: []]
        guard use.kind == .create, let prediction = predictions[use.prediction] else { return owners }
        return owners.union(jobsOfPrompt[Self.prompt(of: prediction), default: []].map(\.id))
    }
}

extension AttemptRow {
    /// The worker's name is host, process and a part of its id.
    fileprivate var process: Int? {
        let parts = worker.split(separator: ":")
        return parts.count < 3 ? nil : Int(parts[parts.count - 2])
    }

    fileprivate func covers(_ time: Double) -> Bool { (startedAt...(endedAt ?? .infinity)).contains(time) }
}
