package dev.leasehold.memory.internal.diagnostics

/**
 * What a page of the report has beside its snapshot.
 *
 * @property history what was recorded, the oldest first
 * @property sites where what is open was taken
 * @property refreshSeconds after how many seconds a page that is served loads itself again; 0 where it is paused, null
 *   where it is a file
 */
internal class PageOptions(
    val history: List<HistoryPoint> = emptyList(),
    val sites: List<SiteFigures> = emptyList(),
    val refreshSeconds: Int? = null,
)
