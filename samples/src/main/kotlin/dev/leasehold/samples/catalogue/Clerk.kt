package dev.leasehold.samples.catalogue

import java.io.DataOutputStream
import java.io.FileDescriptor
import java.io.FileOutputStream
import java.nio.file.Path
import kotlin.concurrent.thread

/**
 * The program of a clerk's process. It waits for a line with its number and the last change that it has made, goes on
 * from there, and ends when its input does: also when the process that started it is gone.
 */
fun main(words: Array<String>) {
    val input = System.`in`.bufferedReader()
    Catalogue.open(Path.of(words.single())).use { catalogue ->
        val (clerk, made) = input.readLine()?.split(' ') ?: return
        var isOver = false
        val _ = thread(isDaemon = true) {
            input.read()
            isOver = true
        }
        // Each number goes out at once and in one piece, when its change has been made, and not before.
        val output = DataOutputStream(FileOutputStream(FileDescriptor.out))
        var number = made.toLong()
        while (!isOver) {
            Changes.make(catalogue, clerk.toInt(), ++number)
            output.writeLong(number)
        }
    }
}
