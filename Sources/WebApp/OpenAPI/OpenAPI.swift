import Canvas
import HTTPServer
import JSON

/// The description of the API, kept beside the code that answers; a test holds it against the routes.
enum OpenAPI {
    /// `GET /api/v1/openapi.json`
    static func show(_ request: Request, _ app: App) async throws -> Response {
        var response = Response.json(document(app.configuration).serialized())
        response.compressible = true
        return response
    }

    static func document(_ configuration: Configuration) -> JSON {
        [
            "openapi": "3.1.0",
            "info": [
                "title": .string("\(configuration.projectName) API"),
                "version": .string(Main.version),
                "description": "Queue pictures, follow their jobs, and read what came of them.",
            ],
            "servers": [["url": .string(configuration.apiPrefix)]],
            "paths": .object(paths.merging(queuePaths)),
            "components": ["schemas": .object(schemas.merging(queueSchemas))],
        ]
    }

    private static let paths: JSONObject = [
        "/generate": [
            "post": [
                "summary": "Queue a generation",
                "description": """
                The job is durable when 202 is answered. With an Idempotency-Key the request may be sent again as often \
                as needed: the first one that is accepted queues the job, later ones are answered as it was.
                """,
                "operationId": "generate",
                "parameters": [idempotencyKey],
                "requestBody": [
                    "required": true,
                    "content": ["application/json": ["schema": ["$ref": "#/components/schemas/GenerationRequest"]]],
                ],
                "responses": [
                    "202": accepted,
                    "409": failure("The first request with this Idempotency-Key is being stored; see Retry-After"),
                    "413": failure("The body is larger than 1 MiB"),
                    "415": failure("The body is not declared as UTF-8 JSON"),
                    "422": invalid,
                    "503": unavailable,
                ],
            ]
        ],
        "/status/{job_id}": [
            "get": [
                "summary": "One job",
                "operationId": "status",
                "parameters": [jobID],
                "responses": [
                    "200": answer("The job", "#/components/schemas/Job"),
                    "404": failure("There is no such job"),
                    "422": invalid,
                    "503": unavailable,
                ],
            ]
        ],
        "/jobs": [
            "get": [
                "summary": "Jobs, the newest first",
                "description": "For deep paging follow the Link header, which is as quick at any depth.",
                "operationId": "jobs",
                "parameters": [
                    queryParameter("skip", ["type": "integer", "minimum": 0, "maximum": 2_147_483_647, "default": 0]),
                    queryParameter("limit", ["type": "integer", "minimum": 1, "maximum": 100, "default": 20]),
                    queryParameter("before", ["type": "string", "format": "uuid"]),
                ],
                "responses": [
                    "200": [
                        "description": "The jobs",
                        "headers": [
                            "Link": ["description": "rel=next, when there may be more", "schema": ["type": "string"]]
                        ],
                        "content": [
                            "application/json": [
                                "schema": ["type": "array", "items": ["$ref": "#/components/schemas/Job"]]
                            ]
                        ],
                    ],
                    "422": invalid,
                    "503": unavailable,
                ],
            ]
        ],
        "/health": [
            "get": [
                "summary": "Whether requests can be served",
                "operationId": "health",
                "responses": [
                    "200": answer("They can", "#/components/schemas/Health"),
                    "503": answer("They cannot", "#/components/schemas/Health"),
                ],
            ]
        ],
        "/openapi.json": [
            "get": [
                "summary": "This description",
                "operationId": "openapi",
                "responses": [
                    "200": [
                        "description": "An OpenAPI 3.1 document",
                        "content": ["application/json": ["schema": ["type": "object"]]],
                    ]
                ],
            ]
        ],
    ]

    private static let schemas: JSONObject = [
        "GenerationRequest": [
            "type": "object",
            "required": ["prompt", "model"],
            "additionalProperties": false,
            "properties": [
                "prompt": ["type": "string", "minLength": 1, "maxLength": .integer(GenerationRequest.longestPrompt)],
                "model": ["type": "string", "minLength": 1, "maxLength": 200, "examples": ["atelier/canvas"]],
                "parameters": [
                    "type": "object",
                    "default": [:],
                    "description": "Inputs of the model. atelier/canvas knows those of CanvasParameters.",
                ],
                "priority": [
                    "enum": .array(GenerationRequest.Priority.allCases.map { .string($0.rawValue) }),
                    "default": "normal",
                    "description": "The higher begins first, whoever asks; within one priority clients take turns",
                ],
                "run_at": [
                    "type": "string", "format": "date-time",
                    "description": "Begin no sooner, at most a year ahead; a time that is past is now",
                ],
            ],
        ],
        "CanvasParameters": [
            "type": "object",
            "additionalProperties": false,
            "properties": [
                "negative_prompt": ["type": "string"],
                "width": ["type": "integer", "minimum": 64, "maximum": 2048, "default": 1024],
                "height": ["type": "integer", "minimum": 64, "maximum": 2048, "default": 1024],
                "seed": ["type": "integer", "minimum": 0, "maximum": .integer(CanvasProvider.largestSeed)],
                "style": ["type": "string", "enum": .array(Style.allCases.map { .string($0.rawValue) })],
            ],
        ],
        "Accepted": [
            "type": "object",
            "required": ["job_id", "status", "message"],
            "properties": [
                "job_id": ["type": "string", "format": "uuid"],
                "status": ["const": "pending"],
                "message": ["type": "string"],
            ],
        ],
        "Job": [
            "type": "object",
            "required": [
                "id", "prompt", "model", "parameters", "status", "media_path", "error_message", "retry_count",
                "created_at", "updated_at", "started_at", "completed_at", "next_attempt_at", "priority", "progress",
                "position", "eta_seconds",
            ],
            "properties": [
                "id": ["type": "string", "format": "uuid"],
                "prompt": ["type": "string"],
                "model": ["type": "string"],
                "parameters": ["type": "object"],
                "status": ["enum": ["pending", "processing", "completed", "failed", "cancelled"]],
                "media_path": [
                    "type": ["string", "null"], "description": "The stored file; it is served under /images/",
                ],
                "error_message": ["type": ["string", "null"]],
                "retry_count": ["type": "integer", "minimum": 0],
                "created_at": ["type": "string", "format": "date-time"],
                "updated_at": ["type": "string", "format": "date-time"],
                "started_at": ["type": ["string", "null"], "format": "date-time"],
                "completed_at": [
                    "type": ["string", "null"], "format": "date-time",
                    "description": "When the job ended, however it did",
                ],
                "next_attempt_at": [
                    "type": ["string", "null"], "format": "date-time",
                    "description": "When a pending job that waits for its time or its next attempt may begin",
                ],
                "priority": ["enum": .array(GenerationRequest.Priority.allCases.map { .string($0.rawValue) })],
                "progress": ["type": "number", "minimum": 0, "maximum": 1],
                "position": [
                    "type": ["integer", "null"], "minimum": 0, "maximum": .integer(WaitingLine.longest),
                    "description": "Jobs of its queue that begin before it while it waits; 1000: so many or more",
                ],
                "eta_seconds": [
                    "type": ["array", "null"], "items": ["type": "integer", "minimum": 0], "minItems": 2, "maxItems": 2,
                    "description": "Between how many seconds from now it is likely to begin, where that can be told",
                ],
            ],
        ],
        "Health": [
            "type": "object",
            "required": ["status", "database", "redis", "worker"],
            "properties": [
                "status": ["enum": ["ok", "degraded", "down"]],
                "database": ["$ref": "#/components/schemas/HealthPart"],
                "redis": ["$ref": "#/components/schemas/HealthPart"],
                "worker": [
                    "type": "object",
                    "required": ["status", "count", "running", "capacity", "latency_ms"],
                    "properties": [
                        "status": ["enum": ["up", "down"]],
                        "count": ["type": "integer"],
                        "running": ["type": "integer"],
                        "capacity": ["type": "integer"],
                        "latency_ms": [
                            "type": ["number", "null"],
                            "description": "How long ago the freshest worker showed itself",
                        ],
                    ],
                ],
            ],
        ],
        "HealthPart": [
            "type": "object",
            "required": ["status", "latency_ms"],
            "properties": [
                "status": ["enum": ["up", "down"]],
                "latency_ms": ["type": "number"],
                "detail": ["type": "string"],
            ],
        ],
        "Failure": [
            "type": "object",
            "required": ["detail"],
            "properties": ["detail": ["type": "string"]],
        ],
        "Invalid": [
            "type": "object",
            "required": ["detail"],
            "properties": [
                "detail": [
                    "type": "array",
                    "items": [
                        "type": "object",
                        "required": ["loc", "msg", "type"],
                        "properties": [
                            "loc": ["type": "array", "items": ["type": ["string", "integer"]]],
                            "msg": ["type": "string"],
                            "type": ["type": "string"],
                        ],
                    ],
                ]
            ],
        ],
    ]

    private static let idempotencyKey: JSON = [
        "name": .string(IdempotencyKey.header), "in": "header", "required": false,
        "description": .string(
            "Names the request, for the client’s address and \(IdempotencyKey.lasts.components.seconds / 3600) hours: a "
                + "string of RFC 8941, or the same without quotes. With another body it is refused with 422."
        ),
        "schema": ["type": "string", "minLength": 1, "maxLength": .integer(IdempotencyKey.longest)],
        "example": "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"",
    ]

    private static let accepted: JSON = [
        "description": "The job is queued",
        "headers": [
            "Location": ["description": "Where to follow the job", "schema": ["type": "string"]],
            "Idempotent-Replayed": [
                "description": "true, when an earlier request with this Idempotency-Key has queued it",
                "schema": ["type": "string"],
            ],
        ],
        "content": ["application/json": ["schema": ["$ref": "#/components/schemas/Accepted"]]],
    ]

    static let jobID: JSON = [
        "name": "job_id", "in": "path", "required": true, "schema": ["type": "string", "format": "uuid"],
    ]

    static let invalid = answer(
        "Something sent is wrong; every bad field is named",
        "#/components/schemas/Invalid"
    )
    static let unavailable = failure("The database cannot be reached; Retry-After tells when to ask again")

    static func failure(_ description: JSON) -> JSON { answer(description, "#/components/schemas/Failure") }

    static func answer(_ description: JSON, _ schema: JSON) -> JSON {
        ["description": description, "content": ["application/json": ["schema": ["$ref": schema]]]]
    }

    private static func queryParameter(_ name: JSON, _ schema: JSON) -> JSON {
        ["name": name, "in": "query", "required": false, "schema": schema]
    }
}

extension JSONObject {
    fileprivate func merging(_ others: JSONObject) -> JSONObject {
        var merged = self
        for (key, value) in others { merged[key] = value }
        return merged
    }
}
