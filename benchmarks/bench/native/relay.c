/* The floor: moves the bytes of one URL into one PutObject and does nothing else.
 *
 *   relay <read|splice> <source URL> <endpoint URL> <bucket> <key>
 *
 * `splice` moves them inside the kernel, which only works without TLS. Nothing is signed, summed or
 * verified; with TLS the certificates are checked against SSL_CERT_FILE.
 */
#define _GNU_SOURCE
#include "channel.h"
#include <fcntl.h>

enum { PIECE = 1024 * 1024 };

struct url {
    int tls;
    char host[256];
    int port;
    const char *path;
};

static struct url parse(const char *text) {
    struct url url = {.tls = strncmp(text, "https://", 8) == 0};
    if (sscanf(strstr(text, "://") + 3, "%255[^:]:%d", url.host, &url.port) != 2) give_up(text);
    url.path = strchr(strstr(text, "://") + 3, '/');
    return url;
}

static struct channel open_channel(const struct url *url, SSL_CTX *context) {
    struct channel channel = {.fd = socket(AF_INET, SOCK_STREAM, 0)};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)url->port)};
    int yes = 1;
    const char *name = strcmp(url->host, "localhost") == 0 ? "127.0.0.1" : url->host;
    if (inet_pton(AF_INET, name, &address.sin_addr) != 1) give_up(url->host);
    if (connect(channel.fd, (struct sockaddr *)&address, sizeof address)) give_up("connect");
    setsockopt(channel.fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (url->tls) {
        channel.ssl = SSL_new(context);
        SSL_set_fd(channel.ssl, channel.fd);
        SSL_set_tlsext_host_name(channel.ssl, url->host);
        if (SSL_set1_host(channel.ssl, url->host) != 1 || SSL_connect(channel.ssl) != 1)
            give_up("TLS");
    }
    return channel;
}

/* Reads an answer's head into `head`, which may hold the body's beginning too.
 * Gives the place of the body's beginning. */
static size_t read_head(struct channel *channel, char *head, size_t size, size_t *got) {
    char *end = NULL;
    *got = 0;
    while (!end) {
        long count = *got < size - 1 ? channel_read(channel, head + *got, size - 1 - *got) : 0;
        if (count <= 0) give_up("no answer");
        *got += (size_t)count;
        head[*got] = 0;
        end = strstr(head, "\r\n\r\n");
    }
    if (strncmp(head, "HTTP/1.1 200", 12) != 0) give_up(head);
    return (size_t)(end + 4 - head);
}

static void move_spliced(int from, int to, long long left) {
    int ends[2];
    if (pipe(ends)) give_up("pipe");
    fcntl(ends[1], F_SETPIPE_SZ, PIECE);
    while (left > 0) {
        long count = splice(from, NULL, ends[1], NULL, PIECE, SPLICE_F_MOVE);
        if (count <= 0) give_up("the source ended early");
        left -= count;
        while (count > 0) {
            long out = splice(ends[0], NULL, to, NULL, (size_t)count, SPLICE_F_MOVE);
            if (out <= 0) give_up("the endpoint closed");
            count -= out;
        }
    }
}

int main(int argc, char **argv) {
    if (argc != 6) return 2;
    signal(SIGPIPE, SIG_IGN);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_default_verify_paths(context);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_read_ahead(context, 1);
    struct url source = parse(argv[2]), target = parse(argv[3]);
    char *buffer = malloc(PIECE), head[16 * 1024];
    if (!buffer) give_up("malloc");

    struct channel in = open_channel(&source, context);
    int size = snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: %s:%d\r\n\r\n", source.path,
                        source.host, source.port);
    if (!channel_write(&in, head, (size_t)size)) give_up("GET");
    size_t got, body = read_head(&in, head, sizeof head, &got);
    char *stated = strcasestr(head, "content-length:");
    if (!stated) give_up("no Content-Length");
    long long length = atoll(stated + 15), left = length - (long long)(got - body);

    struct channel out = open_channel(&target, context);
    char request[2048];
    size = snprintf(request, sizeof request,
                    "PUT /%s/%s HTTP/1.1\r\nHost: %s:%d\r\nContent-Length: %lld\r\n\r\n", argv[4],
                    argv[5], target.host, target.port, length);
    if (!channel_write(&out, request, (size_t)size) ||
        !channel_write(&out, head + body, got - body))
        give_up("PUT");

    if (strcmp(argv[1], "splice") == 0 && !in.ssl && !out.ssl) {
        move_spliced(in.fd, out.fd, left);
        left = 0;
    }
    while (left > 0) {
        long count = channel_read(&in, buffer, PIECE);
        if (count <= 0) give_up("the source ended early");
        if (!channel_write(&out, buffer, (size_t)count)) give_up("the endpoint closed");
        left -= count;
    }
    read_head(&out, head, sizeof head, &got);
    return 0;
}
