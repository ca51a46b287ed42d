package dev.leasehold.memory.netty.samples

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.netty.asByteBufAllocator
import io.netty.bootstrap.ServerBootstrap
import io.netty.channel.ChannelOption

internal fun serverOnAPool(bootstrap: ServerBootstrap, pool: MemoryPool) {
    val allocator = pool.asByteBufAllocator() // once, for server and connections
    bootstrap.option(ChannelOption.ALLOCATOR, allocator).childOption(ChannelOption.ALLOCATOR, allocator)
}
