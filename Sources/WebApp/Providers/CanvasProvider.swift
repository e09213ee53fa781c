import Canvas
import EventLoop
import JSON
import Jobs
import Media

/// The built-in drawing model: no key, no GPU, no network, and no AI.
struct CanvasProvider: PictureProvider {
    static let modelID = "atelier/canvas"
    static let sides = 64...2048
    /// JavaScript's largest safe integer: every client can send it unharmed.
    static let largestSeed = (1 << 53) - 1

    let blobs: BlobStore
    let blocking: BlockingPool

    var name: String { "Atelier" }
    var queue: String { "canvas" }

    func description(of model: String) -> ModelDescription? { Self.description }

    func problems(with parameters: JSONObject) -> [FieldProblem] {
        var fields = FieldReader(parameters, path: ["parameters"])
        _ = CanvasParameters(&fields)
        return fields.problems
    }

    func make(_ wanted: WantedPicture, _ attempt: Attempt) async throws -> [MadePicture] {
        var fields = FieldReader(wanted.parameters, path: ["parameters"])
        let parameters = CanvasParameters(&fields)
        if let problem = fields.problems.first {
            throw JobError.permanent("\(problem.field): \(problem.message)")
        }
        let seed = parameters.seed ?? wanted.id.seed
        let drawing = Drawing(
            prompt: wanted.prompt,
            negativePrompt: parameters.negativePrompt,
            width: parameters.width,
            height: parameters.height,
            seed: UInt64(seed),
            style: parameters.style
        )
        let isStopped = StopFlag()
        let file = try await withTaskCancellationHandler {
            try await blocking.run {
                let pixels = drawing.draw { progress in
                    attempt.report(progress: progress * 0.9)
                    return !isStopped.isSet
                }
                guard let pixels else { throw CancellationError() }
                let file = try blobs.temporaryFile()
                try Pictures.encode(
                    pixels: pixels.bytes,
                    width: pixels.width,
                    height: pixels.height,
                    as: .png,
                    to: file.path
                )
                return file
            }
        } onCancel: {
            isStopped.set()
        }
        let details: JSONObject = [
            "seed": .integer(seed),
            "width": .integer(parameters.width),
            "height": .integer(parameters.height),
            "style": .string(drawing.chosenStyle.rawValue),
        ]
        return [MadePicture(file: file, details: details)]
    }
}

/// The inputs of the built-in model.
struct CanvasParameters: Sendable {
    var negativePrompt = ""
    var width = 1024
    var height = 1024
    /// `nil`: made from the generation's id.
    var seed: Int?
    /// `nil`: chosen by the words of the prompt.
    var style: Style?

    static let known = ["negative_prompt", "width", "height", "seed", "style"]

    init(_ fields: inout FieldReader) {
        negativePrompt = fields.optionalText("negative_prompt", atMost: GenerationRequest.longestPrompt) ?? ""
        width = fields.optionalInteger("width", in: CanvasProvider.sides) ?? width
        height = fields.optionalInteger("height", in: CanvasProvider.sides) ?? height
        seed = fields.optionalInteger("seed", in: 0...CanvasProvider.largestSeed)
        style = fields.optionalChoice("style", of: Style.allCases.map(\.rawValue)).flatMap(Style.init)
        fields.refuseOthers(than: Self.known)
    }
}

extension JobID {
    /// A seed for who asked for none: every attempt finds the same one again.
    var seed: Int {
        // The last 48 bits, which are chance.
        Int(description.suffix(12), radix: 16) ?? 0
    }
}
