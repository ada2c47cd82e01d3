using System.Runtime.ExceptionServices;
using Microsoft.ML.OnnxRuntime;

namespace Glossa.Pipeline.Evaluate;

/// <summary>Runs batches through models on several threads, whichever is free taking the next.</summary>
internal static class ScoringRuns
{
    /// <summary>Does the work of all batches.</summary>
    /// <param name="batches">Number of batches.</param>
    /// <param name="threads">Threads; 0 takes one per processor.</param>
    /// <param name="origin">What errors call the model.</param>
    /// <param name="open">Makes a thread's buffers.</param>
    /// <param name="work">Runs one batch.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="WorkException">ONNX Runtime failed to run a model.</exception>
    public static void Run<TWorker>(int batches, int threads, string origin, Func<TWorker> open, Action<TWorker, int> work, CancellationToken cancellation)
        where TWorker : IDisposable
    {
        int next = -1;
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        void Work()
        {
            try
            {
                using TWorker worker = open();
                for (int i; (i = Interlocked.Increment(ref next)) < batches && !stop.IsCancellationRequested;) work(worker, i);
            }
            catch
            {
                stop.Cancel();
                throw;
            }
        }
        Task[] tasks = new Task[Math.Min(threads == 0 ? Environment.ProcessorCount : threads, batches)];
        for (int i = 0; i < tasks.Length; i++)
            tasks[i] = Task.Factory.StartNew(Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            Task.WaitAll(tasks, CancellationToken.None);
        }
        catch (AggregateException e) when (e.InnerExceptions[0] is OnnxRuntimeException failure)
        {
            throw new WorkException($"ONNX Runtime failed to run the model ({failure.Message.Split('\n')[0].Trim()})", origin, inner: failure);
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
        cancellation.ThrowIfCancellationRequested();
    }
}
