package dev.leasehold.memory.ktor

import dev.leasehold.memory.coroutines.FilledLease
import io.ktor.http.ContentType
import io.ktor.http.HttpStatusCode
import io.ktor.http.content.OutgoingContent
import io.ktor.utils.io.ByteWriteChannel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.asFlow

/**
 * What is filled of [leases], one behind the other, as the content of a message: for an answer, and for the request of
 * a client.
 *
 * **Ownership.** The leases stay whose they are: those of a flow are the flow's, and those of a list the caller's, who
 * closes them when the call of `respond` has ended, not before. They are not used after that, in whatever way it ends.
 * **Threads.** Any.
 * **Cost.** One copy of each byte, into the channel's buffer.
 *
 * A lease that is closed meanwhile, or before its turn, breaks the message off.
 *
 * @param leases the leases in their order; a flow is collected while the peer takes them
 * @property contentLength how many bytes these are together; null sends them in chunks
 * @property contentType what they are, if it is to be said
 * @property status the status of an answer, if it is to be set
 */
public class LeaseContent(
    private val leases: Flow<FilledLease>,
    override val contentLength: Long? = null,
    override val contentType: ContentType? = null,
    override val status: HttpStatusCode? = null,
) : OutgoingContent.WriteChannelContent() {
    /** The same of a list, which knows its length. */
    public constructor(
        leases: List<FilledLease>,
        contentType: ContentType? = null,
        status: HttpStatusCode? = null,
    ) : this(leases.asFlow(), leases.sumOf { it.length }, contentType, status)

    /** Writes them all: what a client or server calls. */
    override suspend fun writeTo(channel: ByteWriteChannel): Unit = leases.collect { channel.writeAll(it) }
}
