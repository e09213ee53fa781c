// Every row has its file, and every file has its row, soon at least.
extension Checker {
    func checkFiles(_ findings: inout Findings) {
        var named: Set<String> = []
        for picture in evidence.pictures {
            for name in [picture.file, picture.thumbnail, picture.small].compactMap({ $0 }) {
                named.insert(name)
                if files[name] == nil { findings.add(.rowWithoutFile, picture.job, "the file \(name) is missing") }
            }
            if let file = files[picture.file], file.bytes != picture.bytes {
                findings.add(.rowWithoutFile, picture.job, "\(file.name) has \(file.bytes) bytes of \(picture.bytes)")
            }
        }
        for file in evidence.files where !named.contains(file.name) {
            if evidence.time - file.changedAt > evidence.limits.orphanAge {
                findings.add(.fileWithoutRow, nil, "no row names the file \(file.name)")
            } else {
                findings.excuse("files without a row that may still get one")
            }
        }
    }
}
