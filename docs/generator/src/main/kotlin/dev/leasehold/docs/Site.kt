package dev.leasehold.docs

import java.io.File

/**
 * Writes the API of modules, `api <title> <output folder> <class path> <module folder>...`, or the whole site,
 * `site <title> <repository> <output folder> <class path> <module folder>...`: the README as its front page, the pages of
 * `docs`, and the API below them, in `api`.
 *
 * It is also the documentation gate: a public declaration without KDoc, a package without a text, or a link that leads
 * nowhere, fails it.
 */
public fun main(args: Array<String>) {
    val isSite = args.firstOrNull() == "site"
    require((isSite || args.firstOrNull() == "api") && args.size >= if (isSite) 6 else 5) {
        "usage: api <title> <output folder> <class path> <module folder>... | " +
            "site <title> <repository> <output folder> <class path> <module folder>..."
    }
    val title = args[1]
    if (!isSite) return writeApi(title, File(args[2]), args[3], args.drop(4).map(::File))
    val site = File(args[3]).apply { deleteRecursively() }
    writeApi(title, site.resolve("api"), args[4], args.drop(5).map(::File), home = "../index.html")
    SitePages(title, File(args[2]).canonicalFile, site).write()
}

/** What the generator brings along. */
internal fun resource(name: String): ByteArray {
    val found = checkNotNull(SitePages::class.java.getResourceAsStream("/site/$name")) { "no resource site/$name" }
    return found.use { it.readAllBytes() }
}
