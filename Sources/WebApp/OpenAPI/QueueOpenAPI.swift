import JSON

/// What the description says of the queues.
extension OpenAPI {
    static let queuePaths: JSONObject = [
        "/queue": [
            "get": [
                "summary": "How the queues are doing",
                "description": "Counts stop at 10,000, so that this is quick however many jobs there are.",
                "operationId": "queue",
                "responses": [
                    "200": answer("Counts, queues, workers and alarms", "#/components/schemas/Queues"),
                    "503": unavailable,
                ],
            ]
        ],
        "/jobs/{job_id}/cancel": [
            "post": [
                "summary": "Cancel a job that waits, or ask a running one to stop",
                "operationId": "cancel",
                "parameters": [jobID],
                "responses": [
                    "200": answer("The job is cancelled, now or before", "#/components/schemas/Changed"),
                    "202": answer("The job runs and was asked to stop", "#/components/schemas/Changed"),
                    "404": failure("There is no such job"),
                    "409": failure("The job has completed or failed already"),
                    "422": invalid,
                    "503": unavailable,
                ],
            ]
        ],
        "/jobs/{job_id}/retry": [
            "post": [
                "summary": "Put a failed or cancelled job back in line",
                "description": "It begins anew with all its retries; its attempts stay in its story.",
                "operationId": "retry",
                "parameters": [jobID],
                "responses": [
                    "202": answer("The job is queued again", "#/components/schemas/Changed"),
                    "404": failure("There is no such job"),
                    "409": failure("The job is completed, or has not ended"),
                    "422": invalid,
                    "503": unavailable,
                ],
            ]
        ],
        "/queues/{name}/pause": [
            "post": [
                "summary": "Let no job of the queue begin until it is resumed",
                "description": "Running jobs end. A pause outlives every process.",
                "operationId": "pauseQueue",
                "parameters": [queueName],
                "responses": queueResponses,
            ]
        ],
        "/queues/{name}/resume": [
            "post": [
                "summary": "Let the jobs of a paused queue begin again",
                "operationId": "resumeQueue",
                "parameters": [queueName],
                "responses": queueResponses,
            ]
        ],
    ]

    static let queueSchemas: JSONObject = [
        "Queues": [
            "type": "object",
            "required": ["counts", "oldest_waiting_seconds", "queues", "workers", "alarms"],
            "properties": [
                "counts": [
                    "type": "object",
                    "description": "By state: pending, scheduled, processing, completed, failed, cancelled",
                    "additionalProperties": ["$ref": "#/components/schemas/BoundedCount"],
                ],
                "oldest_waiting_seconds": age("The age of the oldest waiting job, of those that were counted"),
                "queues": ["type": "array", "items": ["$ref": "#/components/schemas/Queue"]],
                "workers": ["type": "array", "items": ["$ref": "#/components/schemas/Worker"]],
                "alarms": ["type": "array", "items": ["$ref": "#/components/schemas/Alarm"]],
            ],
        ],
        "BoundedCount": [
            "type": "object",
            "required": ["count", "is_exact"],
            "properties": [
                "count": ["type": "integer", "minimum": 0, "maximum": .integer(BoundedCount.limit)],
                "is_exact": ["type": "boolean", "description": "false: there are more"],
            ],
        ],
        "Queue": [
            "type": "object",
            "required": ["name", "paused_at", "waiting", "running", "limit", "workers", "oldest_waiting_seconds"],
            "properties": [
                "name": ["type": "string"],
                "paused_at": ["type": ["string", "null"], "format": "date-time"],
                "waiting": ["$ref": "#/components/schemas/BoundedCount"],
                "running": ["$ref": "#/components/schemas/BoundedCount"],
                "limit": ["type": "integer", "description": "Jobs that can run at the same time now"],
                "workers": ["type": "integer", "description": "Live ones that take its jobs"],
                "oldest_waiting_seconds": age("The age of its oldest waiting job"),
            ],
        ],
        "Worker": [
            "type": "object",
            "required": ["name", "heartbeat_age_seconds", "is_late", "is_draining", "places", "running", "queues"],
            "properties": [
                "name": ["type": "string"],
                "heartbeat_age_seconds": ["type": "number"],
                "is_late": ["type": "boolean", "description": "Silent for so long that others take its jobs"],
                "is_draining": ["type": "boolean", "description": "Takes no more jobs and is about to end"],
                "places": ["type": "integer"],
                "running": ["type": "integer"],
                "queues": [
                    "type": "object",
                    "description": "The jobs of each queue that it runs at the same time",
                    "additionalProperties": ["type": "integer"],
                ],
            ],
        ],
        "Alarm": [
            "type": "object",
            "required": ["code", "title", "message"],
            "properties": [
                "code": ["enum": ["old_transaction", "dead_rows"]],
                "title": ["type": "string"],
                "message": ["type": "string", "description": "What it does to the queue, and what to do"],
            ],
        ],
        "Changed": [
            "type": "object",
            "required": ["job_id", "status", "message"],
            "properties": [
                "job_id": ["type": "string", "format": "uuid"],
                "status": ["enum": ["pending", "processing", "cancelled"]],
                "message": ["type": "string"],
            ],
        ],
        "PausedQueue": [
            "type": "object",
            "required": ["name", "paused_at"],
            "properties": [
                "name": ["type": "string"],
                "paused_at": ["type": ["string", "null"], "format": "date-time"],
            ],
        ],
    ]

    private static let queueName: JSON = [
        "name": "name", "in": "path", "required": true, "schema": ["type": "string"],
    ]

    private static let queueResponses: JSON = [
        "200": answer("The queue as it is now", "#/components/schemas/PausedQueue"),
        "404": failure("There is no such queue: none that a worker has served"),
        "503": unavailable,
    ]

    private static func age(_ description: JSON) -> JSON {
        ["type": ["number", "null"], "description": description]
    }
}
