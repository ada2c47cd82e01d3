using Glossa.Training.Optimizers;
using NUnit.Framework;

namespace Glossa.Training.Tests.Optimizers;

public class WorkerPoolTests
{
    [Test]
    public void Run_ManyTimes_RunsEveryTaskOnce([Values(1, 2, 4)] int threads)
    {
        using WorkerPool workers = new(threads);
        int[] counts = new int[100];
        for (int round = 0; round < 200; round++) workers.Run(counts.Length, (worker, task) => counts[task] += worker < threads ? 1 : 1000);
        Assert.That(counts, Is.All.EqualTo(200));
    }

    [Test]
    public void Run_TasksThatMeet_RunAtTheSameTime()
    {
        using WorkerPool workers = new(3);
        using Barrier meeting = new(3);
        int met = 0;
        workers.Run(3, (_, _) => { if (meeting.SignalAndWait(TimeSpan.FromSeconds(20))) Interlocked.Increment(ref met); });
        Assert.That(met, Is.EqualTo(3));
    }

    [Test]
    public void Run_FailingTask_ThrowsAndStaysUsable()
    {
        using WorkerPool workers = new(3);
        Assert.That(() => workers.Run(50, (_, task) => { if (task == 7) throw new InvalidOperationException("seven"); }),
            Throws.InvalidOperationException.With.Message.EqualTo("seven"));
        int done = 0;
        workers.Run(50, (_, _) => Interlocked.Increment(ref done));
        Assert.That(done, Is.EqualTo(50));
    }

    [Test]
    public void Run_AfterDispose_IsRefused()
    {
        WorkerPool workers = new(2);
        workers.Dispose();
        workers.Dispose();
        Assert.That(() => workers.Run(1, (_, _) => { }), Throws.TypeOf<ObjectDisposedException>());
    }
}
