package dev.leasehold.memory.netty

import io.netty.bootstrap.Bootstrap
import io.netty.bootstrap.ServerBootstrap
import io.netty.buffer.ByteBuf
import io.netty.buffer.ByteBufAllocator
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
import java.net.InetAddress
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit

/**
 * A server that sends back what it gets, and clients that send it bodies and compare what comes back: HTTP on sockets
 * of this machine, all buffers from one allocator.
 */
class EchoExchange(private val allocator: ByteBufAllocator, private val bodySize: (Int) -> Int) : AutoCloseable {
    private val loops = MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory())
    private val server = ServerBootstrap().group(loops)
        .channel(NioServerSocketChannel::class.java)
        .option(ChannelOption.ALLOCATOR, allocator)
        .childOption(ChannelOption.ALLOCATOR, allocator)
        .childHandler(piped(::HttpServerCodec, ::Echo))
        .bind(InetAddress.getLoopbackAddress(), 0).sync().channel()

    /** Exchanges [requests], over [connections] at the same time, of which each has [pipelined] under way. */
    fun run(requests: Int, connections: Int = 4, pipelined: Int = 8) {
        val clients = List(connections) { number ->
            Client(requests / connections + (if (number < requests % connections) 1 else 0), pipelined)
        }
        val channels = clients.map { client ->
            Bootstrap().group(loops).channel(NioSocketChannel::class.java).option(ChannelOption.ALLOCATOR, allocator)
                .handler(piped(::HttpClientCodec) { client })
                .connect(server.localAddress()).sync().channel()
        }
        clients.forEach { it.done.get(10, TimeUnit.MINUTES) }
        channels.forEach { it.close().sync() }
    }

    override fun close() {
        server.close().sync()
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync()
    }

    private fun piped(codec: () -> ChannelHandler, last: () -> ChannelHandler) =
        object : ChannelInitializer<SocketChannel>() {
            override fun initChannel(channel: SocketChannel) {
                channel.pipeline().addLast(codec(), HttpObjectAggregator(MOST_BYTES), last())
            }
        }

    private class Echo : SimpleChannelInboundHandler<FullHttpRequest>() {
        override fun channelRead0(context: ChannelHandlerContext, request: FullHttpRequest) {
            val body = request.content().retain()
            val response = DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK, body)
            response.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes())
            context.write(response, context.voidPromise())
        }

        override fun channelReadComplete(context: ChannelHandlerContext) {
            context.flush()
        }
    }

    private inner class Client(private val requests: Int, private val pipelined: Int) :
        SimpleChannelInboundHandler<FullHttpResponse>() {
        val done = CompletableFuture<Unit>()
        private var sent = 0
        private var received = 0

        override fun channelActive(context: ChannelHandlerContext) {
            if (requests == 0) done.complete(Unit)
            while (sent < minOf(requests, pipelined)) send(context.channel())
            context.flush()
        }

        private fun send(channel: Channel) {
            val size = bodySize(sent)
            val body = channel.alloc().buffer(size)
            fill(body, size, sent++)
            val request = DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/echo", body)
            request.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, size)
            channel.write(request, channel.voidPromise())
        }

        override fun channelRead0(context: ChannelHandlerContext, response: FullHttpResponse) {
            check(holds(response.content(), bodySize(received), received)) { "response $received is not what was sent" }
            if (++received == requests) {
                done.complete(Unit)
            } else if (sent < requests) {
                send(context.channel())
            }
        }

        override fun channelReadComplete(context: ChannelHandlerContext) {
            context.flush()
        }

        override fun channelInactive(context: ChannelHandlerContext) {
            done.completeExceptionally(IllegalStateException("closed after $received of $requests responses"))
        }

        override fun exceptionCaught(context: ChannelHandlerContext, cause: Throwable) {
            done.completeExceptionally(cause)
            context.close()
        }
    }

    private companion object {
        const val MOST_BYTES = 1 shl 20

        // The number of the request in every eighth byte, and its size at both ends: enough to find a mix-up.
        fun fill(body: ByteBuf, size: Int, number: Int) {
            body.writeInt(size)
            while (body.writerIndex() < size - 8) body.writeLong(number.toLong())
            while (body.writerIndex() < size) body.writeByte(number)
        }

        fun holds(body: ByteBuf, size: Int, number: Int): Boolean {
            if (body.readableBytes() != size || body.readInt() != size) return false
            while (body.readableBytes() > 8) if (body.readLong() != number.toLong()) return false
            while (body.isReadable) if (body.readByte() != number.toByte()) return false
            return true
        }
    }
}
