@file:JvmSynthetic

package dev.leasehold.memory.internal.spi

import dev.leasehold.memory.internal.block.Tag

// The tag of what does not stay on its thread.

/** Lets reports call [tag] what the calling thread takes, until [takeTagOff] with what is returned. */
@InternalMemoryApi
public fun layTagOn(tag: String): Any? = Tag.layOn(tag)

/** Ends what [layTagOn] began, which has returned [before]. On the same thread. */
@InternalMemoryApi
public fun takeTagOff(before: Any?): Unit = Tag.takeOff(before)
