/* A resolver of our own: preloaded into the server by the tests of names that change their mind. ANSWERS is a file with a line
 * for each name: the name, then its answers, each a list of addresses with commas. The first look-up gets the first answer, the
 * last one is given again and again. Names that are not in the file are looked up as ever. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int lookup(const char *, const char *, const struct addrinfo *, struct addrinfo **);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct { char name[256]; int asked; } counts[64];

static int asked_before(const char *name) {
    for (int i = 0; i < 64; i++) {
        if (counts[i].name[0] && strcmp(counts[i].name, name)) continue;
        snprintf(counts[i].name, sizeof counts[i].name, "%s", name);
        return counts[i].asked++;
    }
    return 0;
}

/* The answer to a look-up of this name, or 0 if the file does not have it. */
static int find(const char *name, char *answer, size_t size) {
    const char *path = getenv("ANSWERS");
    FILE *file = path ? fopen(path, "re") : 0;
    char line[4096], *rest, *word;
    int found = 0;
    while (file && !found && fgets(line, sizeof line, file)) {
        if (!(word = strtok_r(line, " \n", &rest)) || strcasecmp(word, name)) continue;
        for (int left = asked_before(name); (word = strtok_r(0, " \n", &rest)); left--) {
            snprintf(answer, size, "%s", word);
            found = 1;
            if (left <= 0) break;
        }
    }
    if (file) fclose(file);
    return found;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **out) {
    lookup *next = (lookup *)dlsym(RTLD_NEXT, "getaddrinfo");
    char answer[1024], *rest;
    pthread_mutex_lock(&lock);
    int found = name && find(name, answer, sizeof answer);
    pthread_mutex_unlock(&lock);
    if (!found) return next(name, service, hints, out);
    struct addrinfo **end = out;
    *out = 0;
    for (char *word = strtok_r(answer, ",", &rest); word; word = strtok_r(0, ",", &rest)) {
        int error = next(word, service, hints, end);
        if (error) return error;
        while (*end) end = &(*end)->ai_next;
    }
    return 0;
}
