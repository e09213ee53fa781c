import CCurl

extension HTTPClientError.Code {
    /// What libcurl's verdict means. `hasBegun`: a status line has come.
    init(_ code: CURLcode, hasBegun: Bool, wasSent: Bool) {
        self =
            switch code {
            case CURLE_URL_MALFORMAT: .badURL
            case CURLE_COULDNT_RESOLVE_HOST: .resolve
            case CURLE_COULDNT_CONNECT: .connect
            case CURLE_OPERATION_TIMEDOUT: .timeout
            case CURLE_PARTIAL_FILE: .truncated
            case CURLE_FILESIZE_EXCEEDED: .tooLarge
            case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
                CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
                .tls
            case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR: hasBegun ? .truncated : .connectionLost
            case CURLE_OUT_OF_MEMORY: .busy
            default: wasSent ? .badResponse : .connect
            }
    }
}
