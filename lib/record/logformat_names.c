#include "record/logformat_parts.h"

/* A variable, its member and what it is. */
struct known {
    const char *variable, *member;
    enum tp_logformat_kind kind;
    const char *time_format;
};

/* http://nginx.org/en/docs/varindex.html: those whose member is called otherwise, or whose text is
 * not to be typed. */
static const struct known nginx[] = {
    {"remote_addr", "ip", TP_LOGFORMAT_TEXT, NULL},
    {"remote_user", "user", TP_LOGFORMAT_TEXT, NULL},
    {"request", "request", TP_LOGFORMAT_REQUEST, NULL},
    {"request_method", "method", TP_LOGFORMAT_TEXT, NULL},
    {"request_uri", "path", TP_LOGFORMAT_TEXT, NULL},
    {"server_protocol", "protocol", TP_LOGFORMAT_TEXT, NULL},
    {"body_bytes_sent", "bytes", TP_LOGFORMAT_TYPED, NULL},
    {"http_referer", "referer", TP_LOGFORMAT_TEXT, NULL},
    {"http_user_agent", "agent", TP_LOGFORMAT_TEXT, NULL},
    {"time_local", "", TP_LOGFORMAT_CLF, NULL},
    {"time_iso8601", "", TP_LOGFORMAT_STAMP, "rfc3339"},
    {"msec", "", TP_LOGFORMAT_STAMP, "epoch_s"},
    {"uri", "uri", TP_LOGFORMAT_TEXT, NULL},
    {"document_uri", "document_uri", TP_LOGFORMAT_TEXT, NULL},
    {"args", "args", TP_LOGFORMAT_TEXT, NULL},
    {"query_string", "query_string", TP_LOGFORMAT_TEXT, NULL},
    {"host", "host", TP_LOGFORMAT_TEXT, NULL},
    {"server_name", "server_name", TP_LOGFORMAT_TEXT, NULL},
    {"request_body", "request_body", TP_LOGFORMAT_TEXT, NULL},
    {"request_id", "request_id", TP_LOGFORMAT_TEXT, NULL},
};

static const char *const client_said[] = {"http_", "arg_", "cookie_", "sent_http_",
                                          "upstream_http_"};

enum tp_logformat_kind
tp_logformat_nginx(struct tp_str variable, struct tp_buf *name, const char **time_format)
{
    for (size_t i = 0; i < sizeof nginx / sizeof *nginx; i++) {
        if (!tp_str_equal(variable, tp_str_of(nginx[i].variable)))
            continue;
        tp_buf_put_str(name, tp_str_of(nginx[i].member));
        *time_format = nginx[i].time_format;
        return nginx[i].kind;
    }
    tp_buf_put_str(name, variable);
    for (size_t i = 0; i < sizeof client_said / sizeof *client_said; i++) {
        size_t len = strlen(client_said[i]);

        if (variable.len > len && memcmp(variable.ptr, client_said[i], len) == 0)
            return TP_LOGFORMAT_TEXT;
    }
    return TP_LOGFORMAT_TYPED;
}

/* https://httpd.apache.org/docs/2.4/mod/mod_log_config.html; with an argument its name follows. */
static const struct {
    char letter;
    const char *member;
    enum tp_logformat_kind kind;
} apache[] = {
    {'h', "ip", TP_LOGFORMAT_TEXT},           {'a', "ip", TP_LOGFORMAT_TEXT},
    {'A', "local_ip", TP_LOGFORMAT_TEXT},     {'l', "ident", TP_LOGFORMAT_TEXT},
    {'u', "user", TP_LOGFORMAT_TEXT},         {'r', "request", TP_LOGFORMAT_REQUEST},
    {'m', "method", TP_LOGFORMAT_TEXT},       {'U', "path", TP_LOGFORMAT_TEXT},
    {'q', "query", TP_LOGFORMAT_TEXT},        {'H', "protocol", TP_LOGFORMAT_TEXT},
    {'s', "status", TP_LOGFORMAT_TYPED},      {'b', "bytes", TP_LOGFORMAT_TYPED},
    {'B', "bytes", TP_LOGFORMAT_TYPED},       {'I', "bytes_in", TP_LOGFORMAT_TYPED},
    {'O', "bytes_out", TP_LOGFORMAT_TYPED},   {'S', "bytes_total", TP_LOGFORMAT_TYPED},
    {'D', "duration_us", TP_LOGFORMAT_TYPED}, {'T', "duration_s", TP_LOGFORMAT_TYPED},
    {'p', "port", TP_LOGFORMAT_TYPED},        {'P', "pid", TP_LOGFORMAT_TYPED},
    {'k', "keepalive", TP_LOGFORMAT_TYPED},   {'v', "server_name", TP_LOGFORMAT_TEXT},
    {'V', "server_name", TP_LOGFORMAT_TEXT},  {'f', "filename", TP_LOGFORMAT_TEXT},
    {'R', "handler", TP_LOGFORMAT_TEXT},      {'L', "log_id", TP_LOGFORMAT_TEXT},
    {'X', "connection", TP_LOGFORMAT_TEXT},   {'i', "http_", TP_LOGFORMAT_TEXT},
    {'o', "sent_http_", TP_LOGFORMAT_TEXT},   {'C', "cookie_", TP_LOGFORMAT_TEXT},
    {'e', "env_", TP_LOGFORMAT_TEXT},         {'n', "note_", TP_LOGFORMAT_TEXT},
};

/* Lower case, and `_` for what nginx's names do not have: X-Forwarded-For -> x_forwarded_for. */
static void
put_lowered(struct tp_str text, struct tp_buf *to)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (c >= 'A' && c <= 'Z')
            c = (char)(c | 32);
        tp_buf_put_char(to, (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '_');
    }
}

int
tp_logformat_apache(char letter, struct tp_str argument, struct tp_buf *name)
{
    bool takes_name = letter && strchr("ioCen", letter);

    if (takes_name && !argument.len)
        return -1;
    if (letter == 'T' && argument.len) {
        tp_buf_printf(name, "duration_%.*s", (int)argument.len, argument.ptr);
        return TP_LOGFORMAT_TYPED;
    }
    for (size_t i = 0; i < sizeof apache / sizeof *apache; i++) {
        if (apache[i].letter != letter)
            continue;
        tp_buf_put_str(name, tp_str_of(apache[i].member));
        if (takes_name)
            put_lowered(argument, name);
        if (tp_str_equal(tp_buf_str(name), TP_STR("http_referer")) ||
            tp_str_equal(tp_buf_str(name), TP_STR("http_user_agent"))) {
            tp_buf_clear(name);
            tp_buf_put_str(name, argument.ptr[0] == 'R' || argument.ptr[0] == 'r'
                                     ? TP_STR("referer")
                                     : TP_STR("agent"));
        }
        return (int)apache[i].kind;
    }
    return -1;
}
