/// A model, by default with the schema of a small picture generator.
enum FakeModel {
    /// - Parameter version: the version itself is described, not its model.
    static func json(owner: String, name: String, version: String?, schemas: String) -> String {
        let id = version ?? String(repeating: "ab", count: 32)
        let description = """
            {"id":"\(id)","created_at":"2026-01-02T03:04:05.678901Z","cog_version":"0.14.3",\
            "openapi_schema":{"openapi":"3.0.2","components":{"schemas":\(schemas)}}}
            """
        if version != nil { return description }
        return """
            {"url":"https://replicate.com/\(owner)/\(name)","owner":"\(owner)","name":"\(name)","description":"Paints.",\
            "visibility":"public","is_official":true,"run_count":12345,"cover_image_url":null,"default_example":null,\
            "latest_version":\(description)}
            """
    }

    static let schemas = """
        {"Input":{"type":"object","title":"Input","required":["prompt"],"properties":{\
        "prompt":{"type":"string","title":"Prompt","x-order":0,"description":"What to paint"},\
        "aspect_ratio":{"allOf":[{"$ref":"#/components/schemas/aspect_ratio"}],"default":"1:1","x-order":1},\
        "num_outputs":{"type":"integer","title":"Num Outputs","default":1,"minimum":1,"maximum":4,"x-order":2},\
        "guidance":{"type":"number","title":"Guidance","default":3.5,"minimum":0,"maximum":10,"x-order":3},\
        "seed":{"type":"integer","title":"Seed","x-order":4},\
        "image":{"type":"string","title":"Image","format":"uri","x-order":5}}},\
        "aspect_ratio":{"enum":["1:1","16:9","9:16"],"type":"string","title":"aspect_ratio"},\
        "Output":{"type":"array","items":{"type":"string","format":"uri"},"title":"Output"}}
        """
}
