package dev.leasehold.benchmarks

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.netty.asByteBufAllocator
import io.netty.bootstrap.Bootstrap
import io.netty.bootstrap.ServerBootstrap
import io.netty.buffer.AdaptiveByteBufAllocator
import io.netty.buffer.ByteBufAllocator
import io.netty.buffer.PooledByteBufAllocator
import io.netty.channel.Channel
import io.netty.channel.ChannelHandler
import io.netty.channel.ChannelHandlerContext
import io.netty.channel.ChannelInitializer
import io.netty.channel.ChannelOption
import io.netty.channel.MultiThreadIoEventLoopGroup
import io.netty.channel.SimpleChannelInboundHandler
import io.netty.channel.nio.NioIoHandler
import io.netty.channel.socket.SocketChannel
import io.netty.channel.socket.nio.NioServerSocketChannel
import io.netty.channel.socket.nio.NioSocketChannel
import io.netty.handler.codec.http.DefaultFullHttpRequest
import io.netty.handler.codec.http.DefaultFullHttpResponse
import io.netty.handler.codec.http.FullHttpRequest
import io.netty.handler.codec.http.FullHttpResponse
import io.netty.handler.codec.http.HttpClientCodec
import io.netty.handler.codec.http.HttpHeaderNames
import io.netty.handler.codec.http.HttpMethod
import io.netty.handler.codec.http.HttpObjectAggregator
import io.netty.handler.codec.http.HttpResponseStatus
import io.netty.handler.codec.http.HttpServerCodec
import io.netty.handler.codec.http.HttpVersion
import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.OutputTimeUnit
import kotlinx.benchmark.Scope
import kotlinx.benchmark.Setup
import kotlinx.benchmark.State
import kotlinx.benchmark.TearDown
import org.openjdk.jmh.annotations.OperationsPerInvocation
import java.net.InetAddress
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit

/** An HTTP exchange: a body of 64 KiB goes to a server on this machine and comes back, all buffers of one allocator. */
@State(Scope.Thread)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public abstract class NettyEcho : Measured() {
    internal abstract val allocator: ByteBufAllocator

    private val loops = MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory())
    private val client = EchoClient()
    private lateinit var server: Channel
    private lateinit var connection: Channel

    @Setup
    public fun connect() {
        server = ServerBootstrap().group(loops).channel(NioServerSocketChannel::class.java)
            .option(ChannelOption.ALLOCATOR, allocator).childOption(ChannelOption.ALLOCATOR, allocator)
            .childHandler(piped(::HttpServerCodec, ::EchoServer))
            .bind(InetAddress.getLoopbackAddress(), 0).sync().channel()
        connection = Bootstrap().group(loops).channel(NioSocketChannel::class.java)
            .option(ChannelOption.ALLOCATOR, allocator)
            .handler(piped(::HttpClientCodec) { client })
            .connect(server.localAddress()).sync().channel()
    }

    @TearDown
    public fun disconnect() {
        val _ = connection.close().sync()
        val _ = server.close().sync()
        val _ = loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync()
    }

    /** Several at a time, so that what the threads need to wake one another counts little. */
    @Benchmark
    @OperationsPerInvocation(EXCHANGES)
    public fun exchange(): Int = client.exchange(connection)

    private fun piped(codec: () -> ChannelHandler, last: () -> ChannelHandler) =
        object : ChannelInitializer<SocketChannel>() {
            override fun initChannel(channel: SocketChannel) {
                val _ = channel.pipeline().addLast(codec(), HttpObjectAggregator(2 * BODY), last())
            }
        }
}

/** On the process's own pool. */
public open class NettyEchoLeasehold : NettyEcho() {
    override val allocator: ByteBufAllocator = MemoryPool.shared().asByteBufAllocator()
}

/** On the allocator with thread caches over jemalloc's arenas. */
public open class NettyEchoPooled : NettyEcho() {
    override val allocator: ByteBufAllocator = PooledByteBufAllocator.DEFAULT
}

/** On the allocator with a magazine for each thread, which is the default of Netty 4.2. */
public open class NettyEchoAdaptive : NettyEcho() {
    override val allocator: ByteBufAllocator = AdaptiveByteBufAllocator()
}

private const val EXCHANGES = 16
private const val BODY = 64 * 1024

private class EchoServer : SimpleChannelInboundHandler<FullHttpRequest>() {
    override fun channelRead0(context: ChannelHandlerContext, request: FullHttpRequest) {
        val body = request.content().retain()
        val response = DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK, body)
        val _ = response.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes())
        val _ = context.write(response, context.voidPromise())
    }

    override fun channelReadComplete(context: ChannelHandlerContext) {
        val _ = context.flush()
    }
}

private class EchoClient : SimpleChannelInboundHandler<FullHttpResponse>() {
    private val bytes = ByteArray(BODY) { it.toByte() }
    private var received = 0

    @Volatile private var done = CompletableFuture<Int>()

    /** Sends the requests, and returns when all responses are here. */
    fun exchange(channel: Channel): Int {
        val done = CompletableFuture<Int>()
        this.done = done
        channel.eventLoop().execute {
            received = 0
            repeat(EXCHANGES) {
                val body = channel.alloc().buffer(BODY).writeBytes(bytes)
                val request = DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/echo", body)
                val _ = request.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, BODY)
                val _ = channel.write(request, channel.voidPromise())
            }
            val _ = channel.flush()
        }
        return done.get(1, TimeUnit.MINUTES)
    }

    override fun channelRead0(context: ChannelHandlerContext, response: FullHttpResponse) {
        check(response.content().readableBytes() == BODY) { "the response is not what was sent" }
        if (++received == EXCHANGES) {
            val _ = done.complete(received)
        }
    }

    @Deprecated("Netty's own word for a handler of inbound events.")
    override fun exceptionCaught(context: ChannelHandlerContext, cause: Throwable) {
        val _ = done.completeExceptionally(cause)
    }
}
