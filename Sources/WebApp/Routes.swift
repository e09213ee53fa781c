import HTTPServer

/// The site's table of contents.
func routes(_ configuration: Configuration) -> Routes<App> {
    var routes = Routes<App>()

    routes.get("/", GeneratePages.show)
    routes.get("/generate", GeneratePages.moved)
    routes.post("/generate", GeneratePages.create)
    routes.get("/recent", GeneratePages.recent)
    routes.get("/history", LibraryPages.show)
    routes.get("/history/pictures", LibraryPages.pictures)
    routes.post("/history/actions", ActionPages.act)
    routes.get("/history/confirm", ActionPages.confirm)
    routes.get("/history/zip", LibraryZip.show)
    routes.get("/pictures/{id}", PicturePages.show)
    routes.get("/boards", BoardPages.list)
    routes.post("/boards", BoardPages.create)
    routes.post("/boards/{id}/rename", BoardPages.rename)
    routes.post("/boards/{id}/delete", BoardPages.delete)
    routes.get("/queue", QueuePages.show)
    routes.get("/queue/live", QueuePages.live)
    routes.get("/queue/cancel", QueuePages.confirm(.cancel))
    routes.post("/queue/cancel", QueuePages.act(.cancel))
    routes.get("/queue/retry", QueuePages.confirm(.retry))
    routes.post("/queue/retry", QueuePages.act(.retry))
    routes.post("/queues/{name}/pause", QueuePages.pause)
    routes.post("/queues/{name}/resume", QueuePages.resume)
    routes.get("/architecture", ArchitecturePages.show)
    routes.get("/architecture/figures", ArchitecturePages.figures)

    routes.get("/jobs/{job_id}", JobPages.show)
    routes.get("/jobs/{job_id}/card", CardPages.card)
    routes.post("/jobs/{job_id}/cancel", JobPages.cancel)
    routes.post("/jobs/{job_id}/retry", JobPages.retry)
    routes.get("/cards", CardPages.cards)

    routes.get("/images/{file}", ImagePages.show)

    let api = configuration.apiPrefix
    routes.post("\(api)/generate", GenerationsAPI.create)
    routes.get("\(api)/status/{job_id}", GenerationsAPI.status)
    routes.get("\(api)/jobs", GenerationsAPI.list)
    routes.post("\(api)/jobs/{job_id}/cancel", QueueAPI.cancel)
    routes.post("\(api)/jobs/{job_id}/retry", QueueAPI.retry)
    routes.get("\(api)/queue", QueueAPI.show)
    routes.post("\(api)/queues/{name}/pause", QueueAPI.pause)
    routes.post("\(api)/queues/{name}/resume", QueueAPI.resume)
    routes.get("\(api)/health", HealthAPI.show)
    routes.get("\(api)/openapi.json", OpenAPI.show)

    routes.get("/healthz", HealthAPI.alive)
    routes.get("/readyz", HealthAPI.ready)
    return routes
}
