/* An S3 endpoint that reads everything and keeps nothing, so that a benchmark measures the client.
 *
 *   s3sink <http port> <https port> <file with certificate and key>
 *
 * Listens on loopback, a thread per connection. Answers what clients need for one object: PutObject,
 * the four calls of a multipart upload, and HEAD and GET of what never is there. GET /-/received
 * tells how many bytes of objects came since the last such question.
 */
#include "channel.h"
#include <pthread.h>

enum { BUFFER = 256 * 1024, HEAD = 32 * 1024, TAIL = 512 };

static atomic_ullong received;

struct request {
    char method[16];
    char target[4096];
    long long length; /* -1: in chunks */
    int expects;
    int closes;
    char checksum[160]; /* a header line, to say it again */
};

struct connection {
    struct channel channel;
    char *buffer;
    size_t begin, end;
    char tail[TAIL + 1]; /* the end of the body, where a checksum may trail */
    size_t tail_size;
};

static int fill(struct connection *c) {
    if (c->begin == c->end) c->begin = c->end = 0;
    if (c->begin > 0 && c->end == BUFFER) {
        memmove(c->buffer, c->buffer + c->begin, c->end - c->begin);
        c->end -= c->begin;
        c->begin = 0;
    }
    long count = channel_read(&c->channel, c->buffer + c->end, BUFFER - c->end);
    if (count <= 0) return 0;
    c->end += (size_t)count;
    return 1;
}

/* One line without its end, or 0. */
static int read_line(struct connection *c, char *line, size_t size) {
    for (;;) {
        char *start = c->buffer + c->begin;
        char *stop = memchr(start, '\n', c->end - c->begin);
        if (stop) {
            size_t length = (size_t)(stop - start);
            c->begin += length + 1;
            if (length > 0 && start[length - 1] == '\r') length--;
            if (length >= size) length = size - 1;
            memcpy(line, start, length);
            line[length] = 0;
            return 1;
        }
        if (c->end - c->begin >= HEAD || !fill(c)) return 0;
    }
}

static void keep_tail(struct connection *c, const char *data, size_t size) {
    if (size >= TAIL) {
        memcpy(c->tail, data + size - TAIL, TAIL);
        c->tail_size = TAIL;
        return;
    }
    size_t kept = c->tail_size + size > TAIL ? TAIL - size : c->tail_size;
    memmove(c->tail, c->tail + c->tail_size - kept, kept);
    memcpy(c->tail + kept, data, size);
    c->tail_size = kept + size;
}

static int skip(struct connection *c, unsigned long long size, int counts) {
    while (size > 0) {
        if (c->begin == c->end && !fill(c)) return 0;
        size_t here = c->end - c->begin;
        if (here > size) here = (size_t)size;
        keep_tail(c, c->buffer + c->begin, here);
        c->begin += here;
        size -= here;
        if (counts) atomic_fetch_add(&received, here);
    }
    return 1;
}

static int read_body(struct connection *c, const struct request *r) {
    char line[1024];
    int counts = strcmp(r->method, "PUT") == 0;
    c->tail_size = 0;
    if (r->length >= 0) return skip(c, (unsigned long long)r->length, counts);
    for (;;) {
        if (!read_line(c, line, sizeof line)) return 0;
        unsigned long long size = strtoull(line, NULL, 16);
        if (size == 0) break;
        if (!skip(c, size, counts) || !read_line(c, line, sizeof line)) return 0;
    }
    do
        if (!read_line(c, line, sizeof line)) return 0;
    while (line[0]);
    return 1;
}

static int read_head(struct connection *c, struct request *r) {
    char line[8192];
    memset(r, 0, sizeof *r);
    if (!read_line(c, line, sizeof line)) return 0;
    if (sscanf(line, "%15s %4095s", r->method, r->target) != 2) return 0;
    for (;;) {
        if (!read_line(c, line, sizeof line)) return 0;
        if (!line[0]) return 1;
        char *value = strchr(line, ':');
        if (!value) continue;
        *value++ = 0;
        while (*value == ' ') value++;
        if (strcasecmp(line, "content-length") == 0) {
            r->length = atoll(value);
        } else if (strcasecmp(line, "transfer-encoding") == 0) {
            r->length = -1;
        } else if (strcasecmp(line, "expect") == 0) {
            r->expects = 1;
        } else if (strcasecmp(line, "connection") == 0) {
            r->closes = strcasecmp(value, "close") == 0;
        } else if (strncasecmp(line, "x-amz-checksum-", 15) == 0 &&
                   strcasecmp(line, "x-amz-checksum-algorithm") != 0 &&
                   strcasecmp(line, "x-amz-checksum-type") != 0) {
            snprintf(r->checksum, sizeof r->checksum, "%.40s: %.90s\r\n", line, value);
        }
    }
}

/* The checksum that followed the body, as S3 clients send it after a stream. */
static void take_trailing_checksum(struct connection *c, struct request *r) {
    c->tail[c->tail_size] = 0;
    const char mark[] = "x-amz-checksum-";
    char *found = memmem(c->tail, c->tail_size, mark, sizeof mark - 1);
    char name[48], value[96];
    if (r->checksum[0] == 0 && found && sscanf(found, "%40[^:]:%90[^\r\n]", name, value) == 2)
        snprintf(r->checksum, sizeof r->checksum, "%s: %s\r\n", name, value);
}

static int answer(struct connection *c, const struct request *r, const char *status,
                  const char *headers, const char *body) {
    char text[4096];
    int head_only = strcmp(r->method, "HEAD") == 0;
    int size = snprintf(text, sizeof text,
                        "HTTP/1.1 %s\r\nServer: s3sink\r\nx-amz-request-id: 1\r\n%s"
                        "Content-Length: %zu\r\n\r\n%s",
                        status, headers, strlen(body), head_only ? "" : body);
    return channel_write(&c->channel, text, (size_t)size);
}

static int respond(struct connection *c, const struct request *r) {
    const char xml[] = "Content-Type: application/xml\r\n";
    const char *query = strchr(r->target, '?');
    const char *path_end = query ? query : r->target + strlen(r->target);
    const char *slash = strchr(r->target + 1, '/');
    int is_object = slash && slash + 1 < path_end;
    char headers[512], body[512];
    if (strcmp(r->target, "/-/received") == 0) {
        snprintf(body, sizeof body, "%llu", atomic_exchange(&received, 0));
        return answer(c, r, "200 OK", "", body);
    }
    if (strcmp(r->method, "PUT") == 0) {
        snprintf(headers, sizeof headers, "ETag: \"d41d8cd98f00b204e9800998ecf8427e\"\r\n%s",
                 r->checksum);
        return answer(c, r, "200 OK", headers, "");
    }
    if (strcmp(r->method, "POST") == 0 && query && strncmp(query, "?uploads", 8) == 0)
        return answer(c, r, "200 OK", xml,
                      "<InitiateMultipartUploadResult><Bucket>bench</Bucket><Key>key</Key>"
                      "<UploadId>1</UploadId></InitiateMultipartUploadResult>");
    if (strcmp(r->method, "POST") == 0)
        return answer(c, r, "200 OK", xml,
                      "<CompleteMultipartUploadResult><Location>/bench/key</Location>"
                      "<Bucket>bench</Bucket><Key>key</Key><ETag>\"1-1\"</ETag>"
                      "</CompleteMultipartUploadResult>");
    if (strcmp(r->method, "DELETE") == 0) return answer(c, r, "204 No Content", "", "");
    if (is_object)
        return answer(c, r, "404 Not Found", xml,
                      "<Error><Code>NoSuchKey</Code><Message>Nothing is kept.</Message></Error>");
    return answer(c, r, "200 OK", xml,
                  "<ListBucketResult><Name>bench</Name><KeyCount>0</KeyCount>"
                  "<IsTruncated>false</IsTruncated></ListBucketResult>");
}

static void *serve(void *given) {
    struct connection *c = given;
    struct request *r = malloc(sizeof *r);
    c->buffer = malloc(BUFFER);
    if (!r || !c->buffer) give_up("malloc");
    if (c->channel.ssl && SSL_accept(c->channel.ssl) <= 0) goto end;
    while (read_head(c, r)) {
        const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
        if (r->expects && !channel_write(&c->channel, go_on, sizeof go_on - 1)) break;
        if (!read_body(c, r)) break;
        take_trailing_checksum(c, r);
        if (!respond(c, r) || r->closes) break;
    }
end:
    channel_close(&c->channel);
    free(c->buffer);
    free(c);
    free(r);
    return NULL;
}

static int listener(int port) {
    int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 128)) give_up("listen");
    return fd;
}

struct door {
    int fd;
    SSL_CTX *context;
};

static void *accept_all(void *given) {
    struct door *door = given;
    for (;;) {
        int fd = accept(door->fd, NULL, NULL), yes = 1;
        if (fd < 0) continue;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        struct connection *c = calloc(1, sizeof *c);
        if (!c) give_up("calloc");
        c->channel.fd = fd;
        if (door->context) {
            c->channel.ssl = SSL_new(door->context);
            SSL_set_fd(c->channel.ssl, fd);
        }
        pthread_t thread;
        if (pthread_create(&thread, NULL, serve, c)) give_up("pthread_create");
        pthread_detach(thread);
    }
    return NULL;
}

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    signal(SIGPIPE, SIG_IGN);
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (SSL_CTX_use_certificate_chain_file(context, argv[3]) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, argv[3], SSL_FILETYPE_PEM) != 1)
        give_up(argv[3]);
    SSL_CTX_set_read_ahead(context, 1);
    struct door plain = {listener(atoi(argv[1])), NULL};
    struct door tls = {listener(atoi(argv[2])), context};
    pthread_t thread;
    if (pthread_create(&thread, NULL, accept_all, &plain)) give_up("pthread_create");
    accept_all(&tls);
    return 0;
}
