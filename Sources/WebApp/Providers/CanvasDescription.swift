import Canvas
import JSON

extension CanvasProvider {
    static let description = ModelDescription(
        about: "Draws what the words name, by rules: skies, seas, forests, cities, patterns. No AI, no key, no network;"
            + " a picture takes about a second, and the same seed draws it again.",
        schema: ModelSchema(schemas),
        problem: nil
    )

    /// In the form that models of Replicate have, so that one reader serves all.
    static let schemas: JSON = [
        "Input": [
            "type": "object",
            "required": ["prompt"],
            "additionalProperties": false,
            "properties": [
                "prompt": ["type": "string", "x-order": 0, "description": "What to draw"],
                "negative_prompt": [
                    "type": "string", "title": "Without", "x-order": 1, "description": "What should not be in it",
                ],
                "width": side(title: "Width", order: 2),
                "height": side(title: "Height", order: 3),
                "style": [
                    "allOf": [["$ref": "#/components/schemas/style"]], "title": "Style", "x-order": 4,
                    "description": "Left open, the words choose it",
                ],
                "seed": [
                    "type": "integer", "title": "Seed", "x-order": 5, "minimum": 0,
                    "maximum": .integer(largestSeed),
                    "description": "The same seed with the same words draws the same picture",
                ],
            ],
        ],
        "style": [
            "oneOf": .array(Style.allCases.map { ["const": .string($0.rawValue), "title": .string($0.words)] })
        ],
    ]

    private static func side(title: JSON, order: JSON) -> JSON {
        [
            "type": "integer", "title": title, "x-order": order, "default": 1024,
            "minimum": .integer(sides.lowerBound), "maximum": .integer(sides.upperBound),
        ]
    }
}
