using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Glossa.Data.Baselines;

/// <summary>
/// The figure that a fine-tuned model has to beat: multinomial logistic regression on the character n-grams of a text (1 to 4 characters, word ends marked),
/// weighted by log frequency and rarity, each text's vector of length 1, fitted by AdaGrad. N-grams are hashed into a table, so nothing grows with the corpus.
/// </summary>
public sealed class NgramClassifier
{
    private const int Buckets = 1 << 18, Longest = 4, Epochs = 20;
    private const float Rate = 0.5f, Epsilon = 1e-8f;

    private readonly int _classes;
    private readonly float[] _rarity = new float[Buckets];
    private readonly float[] _weights;
    private readonly float[] _bias;

    private NgramClassifier(int classes)
    {
        _classes = classes;
        _weights = new float[(long)Buckets * classes];
        _bias = new float[classes];
    }

    /// <summary>Fits the classifier. The same texts and seed give the same weights.</summary>
    /// <param name="texts">Training texts.</param>
    /// <param name="labels">Their classes, from 0.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="seed">Seed of the order.</param>
    public static NgramClassifier Train(IReadOnlyList<string> texts, IReadOnlyList<int> labels, int classes, ulong seed = 1)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentOutOfRangeException.ThrowIfNotEqual(labels.Count, texts.Count);
        NgramClassifier model = new(classes);
        Dictionary<int, int>[] counts = [.. texts.Select(Counts)];
        int[] documents = new int[Buckets];
        foreach (int bucket in counts.SelectMany(c => c.Keys)) documents[bucket]++;
        for (int i = 0; i < Buckets; i++) model._rarity[i] = MathF.Log((1f + texts.Count) / (1 + documents[i])) + 1;
        (int Bucket, float Value)[][] vectors = [.. counts.Select(model.Vector)];
        model.Fit(vectors, labels, seed);
        return model;
    }

    /// <summary>The likeliest class of a text.</summary>
    public int Predict(string text)
    {
        Span<float> scores = new float[_classes];
        Score(Vector(Counts(text)), scores);
        return IndexOfMax(scores);
    }

    private void Fit((int Bucket, float Value)[][] vectors, IReadOnlyList<int> labels, ulong seed)
    {
        float[] squares = new float[_weights.Length], biasSquares = new float[_classes];
        int[] order = [.. Enumerable.Range(0, vectors.Length)];
        float[] gradient = new float[_classes];
        SeededRandom random = new(seed, 0x96A3);
        for (int epoch = 0; epoch < Epochs; epoch++)
        {
            random.Shuffle(order.AsSpan());
            foreach (int text in order)
            {
                Score(vectors[text], gradient);
                Softmax(gradient);
                gradient[labels[text]] -= 1;
                Step(gradient, 1, _bias, biasSquares);
                foreach ((int bucket, float value) in vectors[text])
                    Step(gradient, value, _weights.AsSpan(bucket * _classes, _classes), squares.AsSpan(bucket * _classes, _classes));
            }
        }
    }

    private static void Step(ReadOnlySpan<float> gradient, float value, Span<float> weights, Span<float> squares)
    {
        for (int i = 0; i < gradient.Length; i++)
        {
            float g = gradient[i] * value;
            squares[i] += g * g;
            weights[i] -= Rate * g / MathF.Sqrt(squares[i] + Epsilon);
        }
    }

    private static void Softmax(Span<float> scores)
    {
        float largest = scores[IndexOfMax(scores)], sum = 0;
        for (int i = 0; i < scores.Length; i++) sum += scores[i] = MathF.Exp(scores[i] - largest);
        for (int i = 0; i < scores.Length; i++) scores[i] /= sum;
    }

    private static int IndexOfMax(ReadOnlySpan<float> scores)
    {
        int best = 0;
        for (int i = 1; i < scores.Length; i++) if (scores[i] > scores[best]) best = i;
        return best;
    }

    private void Score((int Bucket, float Value)[] vector, Span<float> scores)
    {
        _bias.CopyTo(scores);
        foreach ((int bucket, float value) in vector)
        {
            ReadOnlySpan<float> weights = _weights.AsSpan(bucket * _classes, _classes);
            for (int i = 0; i < weights.Length; i++) scores[i] += value * weights[i];
        }
    }

    private (int Bucket, float Value)[] Vector(Dictionary<int, int> counts)
    {
        (int Bucket, float Value)[] vector = [.. counts.Select(entry => (entry.Key, (1 + MathF.Log(entry.Value)) * _rarity[entry.Key]))];
        float norm = MathF.Sqrt(vector.Sum(entry => entry.Value * entry.Value));
        for (int i = 0; i < vector.Length; i++) vector[i].Value /= norm;
        return vector;
    }

    private static Dictionary<int, int> Counts(string text)
    {
        string padded = $" {text.ToLowerInvariant()} ";
        Dictionary<int, int> counts = [];
        for (int length = 1; length <= Longest; length++)
        {
            for (int start = 0; start + length <= padded.Length; start++)
            {
                ulong hash = XxHash3.HashToUInt64(MemoryMarshal.AsBytes(padded.AsSpan(start, length)), length);
                ref int count = ref CollectionsMarshal.GetValueRefOrAddDefault(counts, (int)(hash % Buckets), out _);
                count++;
            }
        }
        return counts;
    }
}
