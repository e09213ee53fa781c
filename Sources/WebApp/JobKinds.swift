import Jobs

/// The worker's table of contents.
let jobKinds: [JobKind<App>] = [
    JobKind(GeneratePicture.self)
]
