package dev.leasehold.memory.diagnostics

import com.sun.net.httpserver.HttpHandler
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryConfigurationException
import dev.leasehold.memory.internal.diagnostics.PageOptions
import dev.leasehold.memory.internal.diagnostics.SiteFigures
import java.io.IOException
import java.net.InetAddress
import java.nio.file.Path
import kotlin.io.path.writeText

/**
 * A page that shows where memory is: all budgets, pools and managers as nested areas and in a table, their blocks by
 * size, how full their slabs are, and, with a [MemoryHistory], what was held over time. Each is made from one
 * [MemorySnapshot].
 *
 * The page is one document of HTML. It loads nothing, runs no script, and fits a phone as well as a desk, in light or
 * dark.
 *
 * **Ownership.** A page is figures and names; a handler and a server hold the budget and the history.
 * **Threads.** Any.
 * **Cost.** A snapshot, a walk over all slabs and free blocks, which holds no request up for longer than some tens of
 * microseconds, and milliseconds for the text. A page has the thousand largest pools and managers, and sums the others
 * up.
 *
 * @sample dev.leasehold.memory.samples.reportOfAll
 */
public object MemoryReport {
    private const val REFRESH_SECONDS = 5

    /**
     * Writes the page of [budget] and all below it, the whole process's if it is not said, to the file [path], which is
     * replaced; with what [history] has recorded.
     *
     * @throws IOException when the file cannot be written
     */
    @JvmStatic
    @JvmOverloads
    @Throws(IOException::class)
    public fun html(path: Path, budget: MemoryBudget = MemoryBudget.root(), history: MemoryHistory? = null): Unit =
        path.writeText(page(budget, history, refreshSeconds = null))

    /** The page in a text. With [refreshSeconds] it is one that is served; see [PageOptions]. */
    internal fun page(budget: MemoryBudget, history: MemoryHistory?, refreshSeconds: Int?): String {
        val snapshot = MemorySnapshot.detailed(budget, MOST_SLABS)
        val options = PageOptions(history?.points ?: emptyList(), sitesIn(snapshot), refreshSeconds)
        return pageOf(snapshot, options)
    }

    private fun sitesIn(snapshot: MemorySnapshot): List<SiteFigures> {
        val owners = snapshot.pools.mapTo(HashSet()) { it.name } + snapshot.managers.map { it.name }
        return LeakDetection.dump().groups.filter { it.owner in owners }.map {
            SiteFigures(it.site, it.tag, it.count.toLong(), it.bytes, it.oldest.ageMillis)
        }
    }

    /** The page as it is served, which loads itself again unless it [is still][isStill]. */
    internal fun servedPage(budget: MemoryBudget, history: MemoryHistory?, isStill: Boolean): String =
        page(budget, history, if (isStill) 0 else REFRESH_SECONDS)

    /**
     * A handler for a server of the JDK: `server.createContext("/memory", MemoryReport.handler())`.
     *
     * It answers `GET` and `HEAD` with the page, which loads itself again every five seconds, and with the
     * [JSON][MemorySnapshot.toJson] of a snapshot where the path ends in `/json` or the query is `json`. It asks nobody
     * who they are: give its context an authenticator, or its server an address that only operators reach.
     *
     * The module `jdk.httpserver` is needed for this and [serve] alone.
     */
    @JvmStatic
    @JvmOverloads
    public fun handler(budget: MemoryBudget = MemoryBudget.root(), history: MemoryHistory? = null): HttpHandler =
        reportHandler(budget, history)

    /**
     * Serves the page at `http://localhost:`[port] until what is returned is closed, to this machine alone unless
     * [address] says otherwise. With port 0 the system chooses a free one. No thread of it keeps the process alive.
     *
     * @throws MemoryConfigurationException when [port] is not from 0 to 65,535
     * @throws IOException when the port is in use, or the process may not listen there
     */
    @JvmStatic
    @JvmOverloads
    @Throws(IOException::class)
    public fun serve(
        port: Int = 0,
        address: InetAddress = InetAddress.getLoopbackAddress(),
        budget: MemoryBudget = MemoryBudget.root(),
        history: MemoryHistory? = null,
    ): MemoryReportServer = MemoryReportServer.start(port, address, handler(budget, history))
}
