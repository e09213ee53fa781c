@main struct TemplateTool { static func main() {} }
