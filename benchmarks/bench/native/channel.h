/* A connection over TCP, with TLS or without. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

struct channel {
    int fd;
    SSL *ssl;
};

static inline void give_up(const char *what) {
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    ERR_print_errors_fp(stderr);
    exit(1);
}

/* Bytes read; 0 at the end, negative after an error. */
static inline long channel_read(struct channel *channel, char *buffer, size_t size) {
    if (channel->ssl) return SSL_read(channel->ssl, buffer, (int)size);
    long count;
    do count = read(channel->fd, buffer, size);
    while (count < 0 && errno == EINTR);
    return count;
}

/* Whether all was written. */
static inline int channel_write(struct channel *channel, const char *buffer, size_t size) {
    while (size > 0) {
        long count = channel->ssl ? SSL_write(channel->ssl, buffer, (int)size)
                                  : write(channel->fd, buffer, size);
        if (count <= 0) {
            if (!channel->ssl && errno == EINTR) continue;
            return 0;
        }
        buffer += count;
        size -= (size_t)count;
    }
    return 1;
}

static inline void channel_close(struct channel *channel) {
    if (channel->ssl) {
        SSL_shutdown(channel->ssl);
        SSL_free(channel->ssl);
    }
    close(channel->fd);
}
